//! The public items of a crate, read from its sources: what `pub` makes visible, under the names by which it is reached.
//!
//! The tools that make such lists read rustdoc's JSON, which needs a nightly compiler and changes with it. Sources do not.
//! Of macros the signatures in their text are listed, and what they are called with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::{Fields, ImplItem, Item, TraitItem, UseTree, Visibility};

use crate::printing::{
    Conditions, header, kept, line, macro_call, macro_lines, names_made, one_line,
};

/// A path of names from the root of the crate.
type Names = Vec<String>;
/// The module where something stands, and its name there.
type Target = (Names, String);

struct Module {
    items: Vec<Item>,
    conditions: Conditions,
}

/// One public thing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Public {
    /// Where it is reached, what it is, under which conditions.
    pub(crate) text: String,
    /// Whether it has words; nothing for what needs none (implementations of traits, what macros make).
    pub(crate) documented: Option<bool>,
}

/// A crate by its modules.
#[derive(Default)]
pub(crate) struct Sources {
    name: String,
    modules: BTreeMap<Names, Module>,
    scopes: BTreeMap<Names, BTreeMap<String, Target>>,
}

impl Sources {
    /// Reads the crate whose root file this is.
    pub(crate) fn read(name: &str, root: &Path) -> Self {
        let mut sources = Self { name: name.to_owned(), ..Self::default() };
        sources.load(Vec::new(), Conditions::default(), root, root.parent().unwrap());
        sources.look_around();
        sources
    }

    fn load(&mut self, at: Names, conditions: Conditions, file: &Path, folder: &Path) {
        let text = std::fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{error}"));
        self.add(at, conditions, parsed.items, folder);
    }

    fn add(&mut self, at: Names, conditions: Conditions, items: Vec<Item>, folder: &Path) {
        let mut rest = Vec::new();
        for mut item in items {
            let Item::Mod(module) = &mut item else {
                rest.push(item);
                continue;
            };
            let conditions = conditions.and(&module.attrs);
            if conditions.for_tests() {
                continue;
            }
            let name = module.ident.to_string();
            let inner = [at.as_slice(), std::slice::from_ref(&name)].concat();
            let below = folder.join(&name);
            match module.content.take() {
                Some((_, items)) => self.add(inner, conditions, items, &below),
                None => {
                    let flat = folder.join(format!("{name}.rs"));
                    let file = if flat.is_file() { flat } else { below.join("mod.rs") };
                    self.load(inner, conditions, &file, &below);
                }
            }
            rest.push(item);
        }
        self.modules.insert(at, Module { items: rest, conditions });
    }

    /// All public things, in order.
    pub(crate) fn public(&self) -> BTreeSet<Public> {
        let mut found = Found::default();
        self.surface(&Vec::new(), &self.name, &mut found, &mut BTreeSet::new());
        for (at, module) in &self.modules {
            for item in &module.items {
                self.implementation(at, module, item, &mut found);
            }
        }
        found.all
    }

    /// What is reached through a module that is shown under this name.
    fn surface(&self, at: &Names, shown: &str, found: &mut Found, seen: &mut BTreeSet<Names>) {
        let Some(module) = self.modules.get(at).filter(|_| seen.insert(at.clone())) else {
            return;
        };
        for item in &module.items {
            match item {
                Item::Mod(inner) if is_public(&inner.vis) => {
                    let name = inner.ident.to_string();
                    let inner_at = child(at, &name);
                    let conditions = &self.modules[&inner_at].conditions;
                    found.put(&inner.attrs, conditions, line("mod", shown, &name, ""), None);
                    self.surface(&inner_at, &format!("{shown}::{name}"), found, seen);
                }
                Item::Use(import) if is_public(&import.vis) => {
                    for (path, name) in leaves(&import.tree) {
                        let conditions = module.conditions.and(&import.attrs);
                        self.reexport(at, &path, &name, shown, &conditions, found, seen);
                    }
                }
                Item::Macro(call) if call.ident.is_none() => {
                    let name = call.mac.path.segments.last().unwrap().ident.to_string();
                    for made in names_made(&call.mac.tokens) {
                        found.names.insert((at.clone(), made.clone()), format!("{shown}::{made}"));
                    }
                    let text = format!("{shown}: {}", macro_call(&name, &call.mac.tokens));
                    found.macros.insert(name);
                    found.put(&call.attrs, &module.conditions, text, None);
                }
                item => self.define(at, item, shown, None, &module.conditions, found),
            }
        }
        seen.remove(at);
    }

    /// `pub use`, of a module, of all that is in one, of an item, or of another crate's.
    #[allow(clippy::too_many_arguments, reason = "a step of one walk")]
    fn reexport(
        &self,
        at: &Names,
        path: &[String],
        name: &str,
        shown: &str,
        conditions: &Conditions,
        found: &mut Found,
        seen: &mut BTreeSet<Names>,
    ) {
        if name == "*" {
            match self.module(at, path) {
                Some(target) => self.surface(&target, shown, found, seen),
                None => found.put(&[], conditions, format!("pub use {}::*", path.join("::")), None),
            }
            return;
        }
        match self.resolve(at, path) {
            Some((owner, original)) if self.modules.contains_key(&child(&owner, &original)) => {
                let target = child(&owner, &original);
                found.put(
                    &[],
                    &self.modules[&target].conditions,
                    line("mod", shown, name, ""),
                    None,
                );
                self.surface(&target, &format!("{shown}::{name}"), found, seen);
            }
            Some((owner, original)) => {
                let module = &self.modules[&owner];
                let item = module.items.iter().find(|item| is_named(item, &original));
                match item {
                    Some(item) => self.define(&owner, item, shown, Some(name), conditions, found),
                    // Made by a macro.
                    None => {
                        found.names.insert((owner, original), format!("{shown}::{name}"));
                        found.put(&[], conditions, line("made", shown, name, ""), None);
                    }
                }
            }
            None => {
                let text = format!("pub use {shown}::{name} = {}", path.join("::"));
                found.put(&[], conditions, text, None);
            }
        }
    }

    /// A public item, and what is in it.
    fn define(
        &self,
        at: &Names,
        item: &Item,
        shown: &str,
        renamed: Option<&str>,
        conditions: &Conditions,
        found: &mut Found,
    ) {
        let Some((visibility, attributes, ident)) = head(item) else { return };
        if !is_public(visibility) || conditions.and(attributes).for_tests() {
            return;
        }
        let original = ident.to_string();
        let name = renamed.unwrap_or(&original);
        let path = format!("{shown}::{name}");
        found.names.entry((at.clone(), original)).or_insert_with(|| path.clone());
        let conditions = &conditions.and(attributes);
        let documented = Some(is_documented(attributes));
        found.put(attributes, conditions, format!("{path}: {}", header(item)), documented);
        let mut part = |attributes: &[syn::Attribute], text: String| {
            let documented = Some(is_documented(attributes));
            found.put(attributes, conditions, format!("{path}{text}"), documented);
        };
        match item {
            Item::Struct(item) => fields(&item.fields, false, &mut part),
            Item::Enum(item) => {
                for variant in &item.variants {
                    let bare = one_line(&kept(&variant.fields));
                    let value = variant.discriminant.as_ref();
                    let value = value.map(|(_, value)| format!(" = {}", one_line(value)));
                    let value = value.unwrap_or_default();
                    part(&variant.attrs, format!("::{}{bare}{value}", variant.ident));
                    if let Fields::Named(_) = variant.fields {
                        let mut inner = |attributes: &[syn::Attribute], text: String| {
                            part(attributes, format!("::{}{text}", variant.ident));
                        };
                        fields(&variant.fields, true, &mut inner);
                    }
                }
            }
            Item::Trait(item) => {
                for inner in &item.items {
                    let (attributes, text) = trait_item(inner);
                    part(attributes, format!("::{text}"));
                }
            }
            _ => {}
        }
    }

    /// The public part of an `impl`, and of the macros that write such.
    fn implementation(&self, at: &Names, module: &Module, item: &Item, found: &mut Found) {
        match item {
            Item::Impl(block) => {
                let conditions = module.conditions.and(&block.attrs);
                if conditions.for_tests() {
                    return;
                }
                let owner = path_of(&block.self_ty).and_then(|path| self.resolve(at, &path));
                let shown = owner.as_ref().and_then(|owner| found.names.get(owner)).cloned();
                if owner.is_some() && shown.is_none() {
                    return;
                }
                if let Some((path, _)) = &block.trait_ {
                    let owner = self.resolve(at, &segments(path));
                    if owner.is_none_or(|owner| found.names.contains_key(&owner)) {
                        let whose = shown.unwrap_or_else(|| self.name.clone());
                        found.put(&[], &conditions, format!("{whose}: {}", header(item)), None);
                    }
                    return;
                }
                let Some(shown) = shown else { return };
                for inner in &block.items {
                    let (visibility, attributes, text) = match inner {
                        ImplItem::Fn(inner) => (&inner.vis, &inner.attrs, one_line(&inner.sig)),
                        ImplItem::Const(inner) => {
                            let text = format!("const {}: {}", inner.ident, one_line(&inner.ty));
                            (&inner.vis, &inner.attrs, text)
                        }
                        _ => continue,
                    };
                    if is_public(visibility) {
                        let conditions = &conditions.and(attributes);
                        let owner = header(item);
                        let text = format!("{shown}: {owner} {{ {text} }}");
                        found.put(attributes, conditions, text, Some(is_documented(attributes)));
                    }
                }
            }
            Item::Macro(rules) => {
                if let Some(name) = &rules.ident {
                    for text in macro_lines(&rules.mac.tokens) {
                        let text = format!("{}: macro {name} writes {text}", self.name);
                        found.put(&rules.attrs, &module.conditions, text, None);
                    }
                }
            }
            _ => {}
        }
    }

    /// Where a path leads: the module, and the name there.
    fn resolve(&self, at: &Names, path: &[String]) -> Option<Target> {
        let mut place = at.clone();
        let mut found: Option<Target> = None;
        for name in path {
            if let Some((owner, name)) = found.take() {
                place = child(&owner, &name);
            }
            match name.as_str() {
                "crate" => place = Vec::new(),
                name if name == self.name => place = Vec::new(),
                "super" => drop(place.pop()?),
                "self" => {}
                name => {
                    found = Some(self.scopes.get(&place)?.get(name)?.clone());
                    continue;
                }
            }
        }
        found.or_else(|| place.split_last().map(|(name, owner)| (owner.to_vec(), name.clone())))
    }

    fn module(&self, at: &Names, path: &[String]) -> Option<Names> {
        if path == ["crate"] {
            return Some(Vec::new());
        }
        let (owner, name) = self.resolve(at, path)?;
        Some(child(&owner, &name)).filter(|names| self.modules.contains_key(names))
    }

    /// What each name means in each module: first what stands there, then, until nothing is new, what is imported.
    fn look_around(&mut self) {
        for (at, module) in &self.modules {
            let scope = self.scopes.entry(at.clone()).or_default();
            for name in module.items.iter().flat_map(names_of) {
                scope.insert(name.clone(), (at.clone(), name));
            }
        }
        loop {
            let mut more = Vec::new();
            for (at, module) in &self.modules {
                for item in &module.items {
                    let Item::Use(import) = item else { continue };
                    for (path, name) in leaves(&import.tree) {
                        if name != "*" {
                            more.extend(self.resolve(at, &path).map(|target| (at, name, target)));
                        } else if let Some(target) = self.module(at, &path) {
                            let names = self.scopes[&target].clone();
                            more.extend(names.into_iter().map(|(name, target)| (at, name, target)));
                        }
                    }
                }
            }
            let mut changed = false;
            for (at, name, target) in more {
                let scope = self.scopes.entry(at.clone()).or_default();
                if let std::collections::btree_map::Entry::Vacant(entry) = scope.entry(name) {
                    entry.insert(target);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// What a walk has found.
#[derive(Default)]
struct Found {
    all: BTreeSet<Public>,
    /// Definitions by where they stand, and the first name by which they are reached.
    names: BTreeMap<Target, String>,
    macros: BTreeSet<String>,
}

impl Found {
    fn put(
        &mut self,
        attributes: &[syn::Attribute],
        conditions: &Conditions,
        text: String,
        documented: Option<bool>,
    ) {
        let text = format!("{text}{}", conditions.and(attributes).note(attributes));
        self.all.insert(Public { text, documented });
    }
}

fn child(at: &Names, name: &str) -> Names {
    let mut names = at.clone();
    names.push(name.to_owned());
    names
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_documented(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

/// Visibility, attributes and name of what has all three.
fn head(item: &Item) -> Option<(&Visibility, &[syn::Attribute], &syn::Ident)> {
    Some(match item {
        Item::Const(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Enum(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Fn(item) => (&item.vis, &item.attrs, &item.sig.ident),
        Item::Static(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Struct(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Trait(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Type(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Mod(item) => (&item.vis, &item.attrs, &item.ident),
        _ => return None,
    })
}

fn is_named(item: &Item, name: &str) -> bool {
    head(item).is_some_and(|(_, _, ident)| ident == name)
}

/// The names that an item gives to its module.
fn names_of(item: &Item) -> Vec<String> {
    match item {
        Item::Macro(call) if call.ident.is_none() => names_made(&call.mac.tokens),
        item => head(item).map(|(_, _, ident)| ident.to_string()).into_iter().collect(),
    }
}

fn fields(fields: &Fields, all: bool, part: &mut dyn FnMut(&[syn::Attribute], String)) {
    for field in fields {
        if let Some(name) = field.ident.as_ref().filter(|_| all || is_public(&field.vis)) {
            part(&field.attrs, format!(".{name}: {}", one_line(&field.ty)));
        }
    }
}

fn trait_item(item: &TraitItem) -> (&[syn::Attribute], String) {
    match item {
        TraitItem::Fn(item) => {
            let default = if item.default.is_some() { " { … }" } else { "" };
            (&item.attrs, format!("{}{default}", one_line(&item.sig)))
        }
        TraitItem::Const(item) => {
            let default = if item.default.is_some() { " = …" } else { "" };
            (&item.attrs, format!("const {}: {}{default}", item.ident, one_line(&item.ty)))
        }
        TraitItem::Type(item) => {
            (&item.attrs, one_line(&syn::TraitItemType { attrs: Vec::new(), ..item.clone() }))
        }
        _ => (&[], String::new()),
    }
}

/// The names in `use`: the path of each, and what it is called here.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    fn walk(tree: &UseTree, path: &[String], out: &mut Vec<(Vec<String>, String)>) {
        let with = |name: &syn::Ident| [path, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(tree) => walk(&tree.tree, &with(&tree.ident), out),
            UseTree::Name(tree) if tree.ident == "self" => {
                out.push((path.to_vec(), path.last().cloned().unwrap_or_default()));
            }
            UseTree::Name(tree) => out.push((with(&tree.ident), tree.ident.to_string())),
            UseTree::Rename(tree) => out.push((with(&tree.ident), tree.rename.to_string())),
            UseTree::Glob(_) => out.push((path.to_vec(), "*".to_owned())),
            UseTree::Group(tree) => tree.items.iter().for_each(|tree| walk(tree, path, out)),
        }
    }
    let mut out = Vec::new();
    walk(tree, &[], &mut out);
    out
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// The path of a type, behind a reference too.
fn path_of(ty: &syn::Type) -> Option<Vec<String>> {
    match ty {
        syn::Type::Path(ty) => Some(segments(&ty.path)),
        syn::Type::Reference(ty) => path_of(&ty.elem),
        _ => None,
    }
}
