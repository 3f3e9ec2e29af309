//! The nodes of an OpenAPI document and the keys that the generator acts on, as one table.
//!
//! What is not in the table is an error, so no construct is ever silently ignored.

use serde_json::Value;

use crate::refs::target;

/// What stands under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Under {
    /// A value without nodes.
    Data,
    Text,
    Flag,
    Number,
    Texts,
    /// A node.
    One(Kind),
    /// A list of nodes.
    List(Kind),
    /// Nodes by name.
    Map(Kind),
}

use Under::{Data, Flag, List, Map, Number, One, Text, Texts};

impl Under {
    /// What a value should be and is not. Nodes are looked at by themselves.
    pub(crate) fn misfit(self, value: &Value) -> Option<&'static str> {
        let (fits, wanted) = match self {
            Data | One(_) => (true, ""),
            Text => (value.is_string(), "text"),
            Flag => (value.is_boolean(), "`true` or `false`"),
            Number => (value.is_number(), "number"),
            Texts => (
                value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string)),
                "list of texts",
            ),
            List(_) => (value.is_array(), "list"),
            Map(_) => (value.is_object(), "object"),
        };
        (!fits).then_some(wanted)
    }
}

/// Each kind of node: its name in messages, what it cannot do without, and the keys that are acted on or documentation.
macro_rules! kinds {
    ($($kind:ident $label:literal [$($needed:literal)*]: $($key:literal $under:expr),+;)+) => {
        /// What a node of the document is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind),+ }

        impl Kind {
            /// The name in messages, with its article.
            pub(crate) fn label(self) -> &'static str {
                match self { $(Self::$kind => $label),+ }
            }

            /// The keys that must be there, as far as no rule asks for them.
            pub(crate) fn needed(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($needed),*]),+ }
            }

            /// The keys that the generator acts on, or that are documentation.
            pub(crate) fn keys(self) -> &'static [(&'static str, Under)] {
                use Kind::*;
                match self { $($kind => &[$(($key, $under)),+]),+ }
            }
        }
    };
}

kinds! {
    Root "the document root" ["info" "paths"]:
        "openapi" Text, "info" One(Info), "servers" List(Server), "paths" Map(PathItem),
        "components" One(Components), "security" Data, "tags" List(Tag), "externalDocs" One(Docs),
        "x-error-codes" Data;
    Info "the info" ["title" "version"]:
        "title" Text, "description" Text, "version" Text, "termsOfService" Text,
        "contact" One(Contact), "license" One(License);
    Contact "a contact" []: "name" Text, "url" Text, "email" Text;
    License "a licence" ["name"]: "name" Text, "url" Text;
    Server "a server" ["url"]:
        "url" Text, "description" Text, "variables" Map(ServerVariable);
    ServerVariable "a server variable" ["default"]:
        "default" Text, "description" Text, "enum" Texts;
    Tag "a tag" ["name"]:
        "name" Text, "description" Text, "externalDocs" One(Docs), "x-groups" Data;
    Docs "a link to documentation" ["url"]: "description" Text, "url" Text;
    PathItem "a path" []:
        "parameters" List(Parameter), "get" One(Operation), "post" One(Operation),
        "put" One(Operation), "delete" One(Operation);
    Operation "an operation" []:
        "operationId" Text, "tags" Texts, "summary" Text, "description" Text,
        "externalDocs" One(Docs), "parameters" List(Parameter), "requestBody" One(RequestBody),
        "responses" Map(Response), "x-order" Data, "x-risk" Data, "x-retry" Data,
        "x-evidence" Data, "x-confirm" Data, "x-cost" Data;
    Parameter "a parameter" ["name" "in" "schema"]:
        "name" Text, "in" Text, "required" Flag, "description" Text, "schema" One(Schema),
        "style" Text, "explode" Flag, "example" Data, "x-runtime" Data, "x-aliases" Data;
    RequestBody "a body" []:
        "description" Text, "required" Flag, "content" Map(MediaType);
    Response "an answer" ["description"]: "description" Text, "content" Map(MediaType);
    MediaType "a media type" []:
        "schema" One(Schema), "example" Data, "examples" Map(Example);
    Example "a named example" []: "summary" Text, "description" Text, "value" Data;
    Schema "a schema" []:
        "type" Text, "format" Text, "title" Text, "description" Text, "nullable" Flag,
        "default" Data, "example" Data, "enum" Data, "minimum" Number, "maximum" Number,
        "minLength" Number, "maxLength" Number, "minItems" Number, "maxItems" Number,
        "uniqueItems" Flag, "required" Texts, "properties" Map(Schema),
        "additionalProperties" Data, "items" One(Schema), "allOf" List(Schema),
        "oneOf" List(Schema), "discriminator" One(Discriminator), "x-unit" Data,
        "x-lenient" Data, "x-aliases" Data, "x-sensitive" Data, "x-enum-varnames" Data,
        "x-enum-descriptions" Data, "x-known-values" Data, "x-failed-when" Data,
        "x-views" Data;
    Discriminator "a discriminator" ["propertyName"]: "propertyName" Text, "mapping" Data;
    Components "the components" []:
        "schemas" Map(Schema), "responses" Map(Response), "parameters" Map(Parameter),
        "securitySchemes" Map(SecurityScheme);
    SecurityScheme "a security scheme" []:
        "type" Text, "description" Text, "name" Text, "in" Text;
}

impl Kind {
    /// The kinds that have extensions.
    pub(crate) const EXTENSIBLE: [Self; 5] =
        [Self::Root, Self::Tag, Self::Operation, Self::Parameter, Self::Schema];

    /// What stands under `key`; `None` when the generator does not act on it.
    pub(crate) fn under(self, key: &str) -> Option<Under> {
        self.keys().iter().find(|(name, _)| *name == key).map(|(_, under)| *under)
    }
}

/// A node of the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) kind: Kind,
    /// What it stands in.
    pub(crate) parent: Kind,
    pub(crate) value: &'a Value,
}

/// A value and every node in it, parents first; references are nodes, and are not followed.
pub(crate) fn nodes(kind: Kind, value: &Value) -> Vec<Node<'_>> {
    fn visit<'a>(kind: Kind, parent: Kind, value: &'a Value, found: &mut Vec<Node<'a>>) {
        found.push(Node { kind, parent, value });
        let (Some(members), None) = (value.as_object(), target(value)) else {
            return;
        };
        for (key, child) in members {
            match (kind.under(key), child) {
                (Some(One(inner)), _) => visit(inner, kind, child, found),
                (Some(List(inner)), Value::Array(items)) => {
                    items.iter().for_each(|item| visit(inner, kind, item, found));
                }
                (Some(Map(inner)), Value::Object(members)) => {
                    members.values().for_each(|member| visit(inner, kind, member, found));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    visit(kind, kind, value, &mut found);
    found
}

/// The one of `names` that a misspelt `key` may have meant.
pub(crate) fn closest<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (changes, name) = names.map(|name| (distance(name, key), name)).min()?;
    (changes <= 2).then_some(name)
}

/// How many letters differ, regardless of case.
fn distance(one: &str, two: &str) -> usize {
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (above, left) in one.bytes().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (at, right) in two.bytes().enumerate() {
            let change = diagonal + usize::from(!left.eq_ignore_ascii_case(&right));
            diagonal = row[at + 1];
            row[at + 1] = change.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
