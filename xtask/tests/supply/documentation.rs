//! How much of the public interface has words, and which operations have an example that rustdoc compiles.

use crate::api::Sources;
use crate::{read, root};

const LIBRARIES: [&str; 4] =
    ["flighthub-api", "flighthub-kmz", "flighthub-sim", "flighthub-workflows"];

/// Public items of a crate, and those without words.
fn words(package: &str) -> (usize, Vec<String>) {
    let found = Sources::read(&package.replace('-', "_"), &root().join(package).join("src/lib.rs"));
    let need: Vec<_> =
        found.public().into_iter().filter(|public| public.documented.is_some()).collect();
    let bare = need.iter().filter(|public| public.documented == Some(false));
    (need.len(), bare.map(|public| public.text.clone()).collect())
}

#[test]
fn every_public_item_has_words() {
    let mut all = 0;
    for package in LIBRARIES {
        let (count, bare) = words(package);
        assert!(bare.is_empty(), "{package}: {bare:#?}");
        println!("figure Docs | {package} | public items = {count}");
        all += count;
    }
    assert!(all > 1000, "{all}");
    println!("figure Docs | public items with words | percent = 100");
}

/// Types of the operations in a file, and those whose words hold a block that rustdoc compiles.
fn operations(text: &str) -> (Vec<String>, Vec<String>) {
    let file = syn::parse_file(text).unwrap();
    let mut operations = Vec::new();
    let mut shown = Vec::new();
    let is_operation = |name: &syn::Ident| {
        file.items.iter().any(|item| match item {
            syn::Item::Impl(block) => {
                let of = block.trait_.as_ref().and_then(|(path, _)| path.get_ident());
                of.is_some_and(|of| of == "Operation")
                    && matches!(&*block.self_ty, syn::Type::Path(ty) if ty.path.is_ident(name))
            }
            _ => false,
        })
    };
    for item in &file.items {
        let syn::Item::Struct(item) = item else { continue };
        if !is_operation(&item.ident) {
            continue;
        }
        operations.push(item.ident.to_string());
        let compiled = item.attrs.iter().any(|attribute| match &attribute.meta {
            syn::Meta::NameValue(doc) => {
                matches!(&doc.value, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) if line.value().trim() == "```rust")
            }
            _ => false,
        });
        if compiled {
            shown.push(item.ident.to_string());
        }
    }
    (operations, shown)
}

#[test]
fn every_operation_has_an_example_that_is_compiled() {
    let folder = root().join("flighthub-api/src/generated/v1");
    let (mut all, mut with) = (Vec::new(), Vec::new());
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "rs") {
            let (operations, shown) = operations(&std::fs::read_to_string(&path).unwrap());
            all.extend(operations);
            with.extend(shown);
        }
    }
    println!("figure Docs | operations with a compiled example | count = {}", with.len());
    println!("figure Docs | operations | count = {}", all.len());
    all.retain(|name| !with.contains(name));
    assert_eq!((with.len(), all), (42, Vec::<String>::new()));

    let bare = "/// Words.\n///\n/// ```text\n/// x\n/// ```\nstruct A;\nimpl Operation for A {}";
    assert_eq!(operations(bare), (vec!["A".to_owned()], Vec::new()));
}

/// Lines that are neither empty nor words.
fn code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Generated code of an operation beside docs and models: the request, the method, the entry of the catalogue. What a server
/// needs (feature `server`) comes on top.
#[test]
fn generated_code_stays_small() {
    let folder = root().join("flighthub-api/src/generated/v1");
    let server = code(&read("flighthub-api/src/generated/v1/server.rs"));
    let mut lines = code(&read("flighthub-api/src/generated/v1/catalog.rs"));
    let mut operations = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
        let (of_operations, count) = beside_models(&text);
        lines += of_operations;
        operations += count;
    }
    let each = |lines: usize| lines.div_ceil(operations);
    println!("figure Generated code | client, for an operation | lines = {}", each(lines));
    println!("figure Generated code | server, for an operation | lines = {}", each(server));
    assert_eq!(operations, 42);
    assert!(each(lines) <= 45, "{lines} lines for {operations} operations");
}

/// Lines of the operations and groups of a file, and how many operations there are.
fn beside_models(text: &str) -> (usize, usize) {
    let blocks: Vec<&str> = text.split("\n\n").collect();
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("impl Operation for ")?.strip_suffix(" {"))
        .collect();
    let groups: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("impl<H: Handle> ")?.strip_suffix("<H> {"))
        .collect();
    let mut lines = 0;
    let mut counts = false;
    for block in blocks {
        // What begins an item decides about the blocks of its body too.
        let head = block.lines().find(|line| !line.starts_with("//") && !line.starts_with("#["));
        if let Some(head) = head.filter(|line| !line.starts_with([' ', '}'])) {
            let of = |name: &&str| {
                let name = *name;
                head == format!("impl {name} {{")
                    || head == format!("impl Operation for {name} {{")
                    || head.starts_with(&format!("pub struct {name} "))
                    || head.starts_with(&format!("pub struct {name};"))
                    || head.starts_with(&format!("pub struct {name}Args "))
                    || head.starts_with(&format!("pub struct {name}<H>"))
                    || head == format!("impl<H: Handle> {name}<H> {{")
            };
            counts = names.iter().any(of) || groups.iter().any(of);
        }
        if counts {
            lines += code(block);
        }
    }
    (lines, names.len())
}

#[test]
fn lines_are_those_of_operations() {
    let text = "/// W.\n#[derive(Debug)]\npub struct A {\n    pub b: u8,\n}\n\nimpl A {\n    pub fn new() {}\n\n    fn c() {}\n}\n\n\
        impl Operation for A {\n    const X: u8 = 1;\n}\n\n/// M.\npub struct Model {\n    pub c: u8,\n}\n";
    assert_eq!(beside_models(text), (4 + 4 + 3, 1));
}
