//! The emitters on small descriptions made by hand.

use serde_json::{Map, json};

use super::emit;
use crate::OutputFile;
use crate::ir::*;

fn field(name: &str, ty: Type) -> Field {
    Field {
        name: name.to_owned(),
        wire: name.trim_start_matches("r#").to_owned(),
        docs: format!("The {name}"),
        notes: Vec::new(),
        ty,
        required: true,
        nullable: false,
        place: Place::Member,
        lenient: Vec::new(),
        aliases: Vec::new(),
        flatten: false,
    }
}

fn optional(name: &str, ty: Type) -> Field {
    Field { required: false, ..field(name, ty) }
}

fn lenient(lenient: &[Lenient], field: Field) -> Field {
    Field { lenient: lenient.to_vec(), ..field }
}

fn placed(place: Place, field: Field) -> Field {
    Field { place, ..field }
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

fn list(item: Type) -> Type {
    Type::List(Box::new(item))
}

fn def(name: &str, kind: TypeKind) -> TypeDef {
    TypeDef {
        name: name.to_owned(),
        docs: format!("A {name}. It may be `null`, see https://example.com/{name}"),
        notes: vec!["Unit: metres".to_owned()],
        kind,
        in_request: false,
        in_response: true,
        module: "pets".to_owned(),
        at: format!("/components/schemas/{name}"),
    }
}

fn asked(def: TypeDef) -> TypeDef {
    TypeDef { in_request: true, in_response: false, ..def }
}

fn model(name: &str, fields: Vec<Field>) -> TypeDef {
    def(name, TypeKind::Struct { fields, constants: Vec::new(), view: false })
}

fn variants<T: Clone>(values: &[(&str, T)]) -> Vec<Variant<T>> {
    let variant = |(name, value): &(&str, T)| Variant {
        name: (*name).to_owned(),
        value: value.clone(),
        docs: format!("It is {name}"),
    };
    values.iter().map(variant).collect()
}

fn operation(id: &str, type_name: &str, fields: Vec<Field>, output: Output) -> Operation {
    let (group, method_name) = id.split_once('.').unwrap();
    Operation {
        id: id.to_owned(),
        type_name: type_name.to_owned(),
        group: group.to_owned(),
        method_name: method_name.to_owned(),
        method: "POST".to_owned(),
        path: "/pets".to_owned(),
        summary: "Do something with a pet".to_owned(),
        docs: "Needs [rights] for <pets>.".to_owned(),
        external_docs: Some(ExternalDocs {
            description: "Page 7, 2026".to_owned(),
            url: "https://example.com/7".to_owned(),
        }),
        scope: Scope::Project,
        risk: Risk::Dangerous,
        retry: Retry::Never,
        evidence: Evidence {
            path: "doc".to_owned(),
            request: "live".to_owned(),
            response: "guess".to_owned(),
        },
        confirm: Some("name".to_owned()),
        cost: None,
        order: 10,
        arguments: Arguments::Body,
        fields,
        output,
        examples: Examples {
            arguments: Map::from_iter([("name".to_owned(), json!("Rex #1"))]),
            body: Some(json!({"name": "Rex", "colour": "#fff"})),
            replies: vec![("example".to_owned(), json!({"code": 0}))],
        },
        argument_schema: json!({"type": "object"}),
        at: "/paths/~1pets/post".to_owned(),
    }
}

/// Every construct once.
fn zoo() -> Api {
    let kinds = [
        ("Dog", "dog".to_owned()),
        ("Cat", "cat".to_owned()),
        ("SomethingVeryLong", "something_very_long".to_owned()),
    ];
    let arm = |name: &str, ty: Option<&str>| Arm {
        name: name.to_owned(),
        tag: TagValue::Text(name.to_lowercase()),
        type_name: ty.map(str::to_owned),
        docs: format!("{name} food"),
    };
    let tolerant = vec![
        optional("height", Type::F64),
        optional("tags", list(Type::String)),
        optional("kind", named("Kind")),
        optional("seen", Type::Time(TimeForm::UnixSeconds)),
    ];
    let types = vec![
        model(
            "Pet",
            vec![
                field("name", Type::String),
                Field {
                    wire: "petKind".to_owned(),
                    aliases: vec!["sort".to_owned()],
                    ..field("r#type", named("Kind"))
                },
                lenient(&[Lenient::IntOrString], optional("age", Type::I32)),
                lenient(&[Lenient::EmptyStringIsAbsent], optional("owner", named("Owner"))),
                optional("born", Type::Time(TimeForm::UnixSeconds)),
                field("friends", list(named("Pet"))),
                field("nicknames", list(Type::String)),
                lenient(&[Lenient::ArrayOrObject], field("toys", list(named("Pet")))),
                optional("alerts", Type::Listing { item: Box::new(named("Pet")), bare: true }),
                optional("state", named("State")),
                lenient(
                    &[Lenient::BoolOrInt],
                    Field { nullable: true, ..field("tame", Type::Bool) },
                ),
            ],
        ),
        def(
            "Kind",
            TypeKind::TextEnum {
                variants: variants(&kinds),
                aliases: vec![("0".to_owned(), "dog".to_owned())],
            },
        ),
        def("Mode", TypeKind::IntEnum { variants: variants(&[("Standby", 0), ("Flying", 1)]) }),
        def(
            "Owner",
            TypeKind::Text {
                int_or_string: true,
                widens_to: Some("Person".to_owned()),
                known: vec![Variant {
                    name: "NOBODY".to_owned(),
                    value: "-".to_owned(),
                    docs: "Nobody".to_owned(),
                }],
            },
        ),
        TypeDef {
            module: "common".to_owned(),
            ..def(
                "Person",
                TypeKind::Text { int_or_string: false, widens_to: None, known: Vec::new() },
            )
        },
        def("Chip", TypeKind::Integer { int_or_string: true }),
        def(
            "State",
            TypeKind::OpenObject {
                views: [("body", false), ("legs", true)]
                    .map(|(name, keyed)| View {
                        name: name.to_owned(),
                        type_name: "Body".to_owned(),
                        keyed,
                        docs: String::new(),
                    })
                    .into(),
            },
        ),
        def("Body", TypeKind::Struct { fields: tolerant, constants: Vec::new(), view: true }),
        asked(def(
            "Food",
            TypeKind::Union {
                tag: "food".to_owned(),
                arms: vec![arm("Dry", None), arm("Wet", Some("WetFood"))],
            },
        )),
        asked(model(
            "WetFood",
            vec![field("grams", Type::I64), optional("at", Type::Time(TimeForm::UnixMillis))],
        )),
        asked(def(
            "Shape",
            TypeKind::Struct {
                fields: vec![field("coordinates", list(list(Type::F64)))],
                constants: vec![("type".to_owned(), "Point".to_owned())],
                view: false,
            },
        )),
        TypeDef {
            in_request: true,
            ..model(
                "Both",
                vec![field("chip", named("Chip")), optional("pets", list(named("Pet")))],
            )
        },
    ];
    let many = vec![
        field("name", Type::String),
        field("owner", named("Owner")),
        field("r#type", named("Kind")),
        field("shape", named("Shape")),
        field("both", named("Both")),
        Field { flatten: true, ..field("food", named("Food")) },
        optional("token", Type::Secret),
        optional("marks", list(Type::I32)),
    ];
    let few = vec![
        placed(Place::Path, field("name", Type::String)),
        placed(Place::Query, field("owners", list(named("Owner")))),
        placed(Place::Query, optional("since", Type::Time(TimeForm::UnixSeconds))),
    ];
    let failed = FailedWhen {
        field: "r#type".to_owned(),
        enum_type: "Kind".to_owned(),
        variant: "Cat".to_owned(),
        value: "cat".to_owned(),
    };
    let mut find = operation(
        "pet.find",
        "PetFind",
        few,
        Output::Listing { item: "Pet".to_owned(), bare: true },
    );
    find.method = "GET".to_owned();
    find.path = "/pets/{name}".to_owned();
    find.risk = Risk::Read;
    find.retry = Retry::Safe;
    find.arguments = Arguments::Query;
    find.examples.body = None;
    find.examples.arguments.insert("owners".to_owned(), json!(["a,b", "ü"]));
    let mut count = operation("pet.count", "PetCount", Vec::new(), Output::Accepted);
    count.cost = Some("One unit".to_owned());
    count.examples.replies.push(("empty".to_owned(), json!({"code": 0, "data": {}})));
    Api {
        title: "Pets".to_owned(),
        module: "v1".to_owned(),
        servers: vec![Server { url: "https://{host}".to_owned(), docs: "Anywhere".to_owned() }],
        tags: vec![Tag {
            name: "Pets".to_owned(),
            module: "pets".to_owned(),
            docs: "Animals.".to_owned(),
            groups: vec![Group {
                prefix: "pet".to_owned(),
                accessor: "pets".to_owned(),
                type_name: "Pets".to_owned(),
            }],
            operations: vec![
                operation(
                    "pet.create",
                    "PetCreate",
                    many,
                    Output::Data { type_name: "Pet".to_owned(), failed_when: Some(failed) },
                ),
                find,
                count,
            ],
        }],
        types,
        error_codes: vec![ErrorCode {
            code: 219017,
            name: "TOO_WILD".to_owned(),
            meaning: "The pet is wild".to_owned(),
            remedy: "Wait.".to_owned(),
            kind: "not-ready".to_owned(),
            refused: true,
            retry: false,
            evidence: "doc".to_owned(),
        }],
        argument_defs: Map::new(),
    }
}

fn text<'a>(files: &'a [OutputFile], end: &str) -> &'a str {
    files.iter().find(|file| file.path.ends_with(end)).map(|file| file.text.as_str()).unwrap()
}

/// Every expected piece of text occurs, with the indentation of its first line taken away.
fn assert_holds(text: &str, expected: &[&str]) {
    let flat =
        |text: &str| text.lines().map(|line| format!("{}\n", line.trim())).collect::<String>();
    for piece in expected {
        assert!(flat(text).contains(flat(piece).trim()), "missing:\n{piece}\nin:\n{text}");
    }
}

#[test]
fn every_file_carries_the_notice_and_ends_with_one_line_break() {
    for OutputFile { path, text } in emit(&zoo()).unwrap() {
        assert!(
            text.lines()
                .take(2)
                .any(|line| line.contains(crate::format::NOTICE.trim_start_matches("@generated "))),
            "{path}"
        );
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
    }
}

#[test]
fn requests_name_their_arguments_and_facts() {
    let files = emit(&zoo()).unwrap();
    assert_holds(
        text(&files, "v1/pets.rs"),
        &[
            "/// Do something with a pet.\n///\n/// Needs \\[rights\\] for \\<pets>.\n///\n\
             /// `POST /pets` · dangerous · evidence: path doc, request live, response guess.\n///\n\
             /// Page 7, 2026: <https://example.com/7>.\n///\n/// **Dangerous**",
            "pub fn new(arguments: PetCreateArgs) -> Self {",
            "#[serde(flatten)]\npub food: Food,",
            "r#type: arguments.r#type,",
            "pub fn new(\n    name: impl Into<String>,\n    owners: impl IntoIterator<Item = impl Into<Owner>>,\n) -> Self {",
            "#[serde(default, skip_serializing_if = \"Option::is_none\")]\n#[serde(with = \"wire::unix_seconds\")]\npub since: Option<Timestamp>,",
            "fn failure(output: &Pet) -> Option<&'static str> {\n(output.r#type == Kind::Cat).then_some(\"petKind is `cat`\")\n}",
            "pub fn find(\n&self,\nname: impl Into<String>,",
            "/// Do something with a pet: see [`PetCount`].\npub fn count(&self) -> Call<H, PetCount>\nwhere\nH: Sends<PetCount>,\n{\n\
             Call::new(&self.0, PetCount::new())\n}",
            "#[derive(Debug, Clone, Default, PartialEq, Serialize)]\n#[cfg_attr(feature = \"catalog\", derive(Deserialize), \
             serde(deny_unknown_fields))]\n#[non_exhaustive]\npub struct PetCount {}",
        ],
    );
}

#[test]
fn answers_are_read_as_the_server_writes_them() {
    let files = emit(&zoo()).unwrap();
    assert_holds(
        text(&files, "v1/pets.rs"),
        &[
            "#[serde(rename = \"petKind\", alias = \"sort\")]\npub r#type: Kind,",
            "#[serde(deserialize_with = \"wire::int_or_string\")]\npub age: Option<i32>,",
            "#[serde(deserialize_with = \"wire::empty_is_absent\")]\npub owner: Option<Owner>,",
            "#[serde(default)]\npub friends: List<Pet>,",
            "#[serde(default)]\npub nicknames: List<String>,",
            "#[serde(default, deserialize_with = \"wire::one_or_many\")]\npub toys: List<Pet>,",
            "#[serde(default)]\npub alerts: Listing<Pet>,",
            "#[serde(deserialize_with = \"wire::bool_or_int\")]\npub tame: Option<bool>,",
            "#[serde(default, skip_serializing_if = \"List::was_null\")]\npub pets: List<Pet>,",
            "#[serde(deserialize_with = \"wire::tolerant\")]\npub height: Option<f64>,",
            "#[serde(serialize_with = \"wire::unix_seconds::serialize\")]\n\
             #[serde(deserialize_with = \"wire::unix_seconds::tolerant\")]\npub seen: Option<Timestamp>,",
            "#[serde(deserialize_with = \"wire::tolerant\")]\npub tags: Vec<String>,",
            "#[serde(tag = \"type\", rename = \"Point\")]\n#[cfg_attr(feature = \"catalog\", derive(Deserialize))]",
            "text_id!(Owner, int_or_string);",
            "impl From<Owner> for Person {",
            "Self::Dry => wire::tagged(serializer, \"food\", \"dry\", &wire::Nothing {}),",
            "Some(\"wet\") => union.arm().map(Self::Wet),",
            "open_object!(State {\nbody: Body;\nlegs: Body,\n});",
        ],
    );
}

#[test]
fn imports_are_the_ones_that_are_needed() {
    let files = emit(&zoo()).unwrap();
    assert_holds(
        text(&files, "v1/pets.rs"),
        &["//! Pets.\n\nuse super::*;\nuse crate::support::*;\n"],
    );
    assert!(!text(&files, "v1/common.rs").contains("use super"));
}

#[test]
fn contract_tests_hold_the_documented_request() {
    let files = emit(&zoo()).unwrap();
    assert_holds(
        text(&files, "contract/generated/pets.rs"),
        &[
            "path: \"/pets/Rex%20%231\",\nquery: \"owners=a%2Cb,%C3%BC\",\nbody: None,",
            "r##\"{\n\"name\": \"Rex\",\n\"colour\": \"#fff\"\n}\"##,",
        ],
    );
}

#[test]
fn a_change_of_one_field_is_a_change_of_few_lines() {
    let before = emit(&zoo()).unwrap();
    let mut api = zoo();
    if let TypeKind::Struct { fields, .. } = &mut api.types[0].kind {
        fields.push(optional("weight", Type::F64));
    }
    let after = emit(&api).unwrap();
    let changed: Vec<_> = before.iter().zip(&after).filter(|(old, new)| old != new).collect();
    let [(old, new)] = changed.as_slice() else { panic!("{} files changed", changed.len()) };
    assert_eq!(new.text.lines().count() - old.text.lines().count(), 3);
}

#[test]
fn what_is_no_rust_is_an_error() {
    let mut api = zoo();
    api.types[0].name = "not a name".to_owned();
    let problems = emit(&api).unwrap_err().to_string();
    assert!(problems.contains("v1/pets.rs:1:1: error[internal]"), "{problems}");
}
