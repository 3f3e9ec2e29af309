//! The nodes of an OpenAPI document and the keys that the generator acts on, as one table.
//!
//! What is not in the table is an error, so no construct is ever silently ignored.

use serde::Deserialize;
use serde_json::Value;

use crate::refs::target;

/// What stands under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Under {
    /// A value without nodes.
    Data,
    /// A node.
    One(Kind),
    /// A list of nodes.
    List(Kind),
    /// Nodes by name.
    Map(Kind),
}

use Under::{Data, List, Map, One};

/// Each kind of node: its name in messages, its type, the keys that are acted on or documentation.
macro_rules! kinds {
    ($($kind:ident $label:literal $typed:ident: $($key:literal $under:expr),+;)+) => {
        /// What a node of the document is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind),+ }

        impl Kind {
            /// The name in messages, with its article.
            pub(crate) fn label(self) -> &'static str {
                match self { $(Self::$kind => $label),+ }
            }

            /// The keys that the generator acts on, or that are documentation.
            pub(crate) fn keys(self) -> &'static [(&'static str, Under)] {
                use Kind::*;
                match self { $($kind => &[$(($key, $under)),+]),+ }
            }

            /// Why the node is not what OpenAPI 3.0 says it should be.
            pub(crate) fn misfit(self, value: &Value) -> Option<String> {
                let read = match self {
                    $(Self::$kind => openapiv3::$typed::deserialize(value).err()),+
                };
                read.map(|error| error.to_string())
            }
        }
    };
}

kinds! {
    Root "the document root" OpenAPI:
        "openapi" Data, "info" One(Info), "servers" List(Server), "paths" Map(PathItem),
        "components" One(Components), "security" Data, "tags" List(Tag), "externalDocs" One(Docs),
        "x-error-codes" Data;
    Info "the info" Info:
        "title" Data, "description" Data, "version" Data, "termsOfService" Data,
        "contact" One(Contact), "license" One(License);
    Contact "a contact" Contact: "name" Data, "url" Data, "email" Data;
    License "a licence" License: "name" Data, "url" Data;
    Server "a server" Server: "url" Data, "description" Data, "variables" Map(ServerVariable);
    ServerVariable "a server variable" ServerVariable:
        "default" Data, "description" Data, "enum" Data;
    Tag "a tag" Tag:
        "name" Data, "description" Data, "externalDocs" One(Docs), "x-groups" Data;
    Docs "a link to documentation" ExternalDocumentation: "description" Data, "url" Data;
    PathItem "a path" PathItem:
        "parameters" List(Parameter), "get" One(Operation), "post" One(Operation),
        "put" One(Operation), "delete" One(Operation);
    Operation "an operation" Operation:
        "operationId" Data, "tags" Data, "summary" Data, "description" Data,
        "externalDocs" One(Docs), "parameters" List(Parameter), "requestBody" One(RequestBody),
        "responses" Map(Response), "x-order" Data, "x-risk" Data, "x-retry" Data,
        "x-evidence" Data, "x-confirm" Data, "x-cost" Data;
    Parameter "a parameter" Parameter:
        "name" Data, "in" Data, "required" Data, "description" Data, "schema" One(Schema),
        "style" Data, "explode" Data, "example" Data, "x-runtime" Data, "x-aliases" Data;
    RequestBody "a body" RequestBody:
        "description" Data, "required" Data, "content" Map(MediaType);
    Response "an answer" Response: "description" Data, "content" Map(MediaType);
    MediaType "a media type" MediaType:
        "schema" One(Schema), "example" Data, "examples" Map(Example);
    Example "a named example" Example: "summary" Data, "description" Data, "value" Data;
    Schema "a schema" Schema:
        "type" Data, "format" Data, "title" Data, "description" Data, "nullable" Data,
        "default" Data, "example" Data, "enum" Data, "minimum" Data, "maximum" Data,
        "minLength" Data, "maxLength" Data, "minItems" Data, "maxItems" Data,
        "uniqueItems" Data, "required" Data, "properties" Map(Schema),
        "additionalProperties" Data, "items" One(Schema), "allOf" List(Schema),
        "oneOf" List(Schema), "discriminator" One(Discriminator), "x-unit" Data,
        "x-lenient" Data, "x-aliases" Data, "x-sensitive" Data, "x-enum-varnames" Data,
        "x-enum-descriptions" Data, "x-known-values" Data, "x-failed-when" Data,
        "x-views" Data;
    Discriminator "a discriminator" Discriminator: "propertyName" Data, "mapping" Data;
    Components "the components" Components:
        "schemas" Map(Schema), "responses" Map(Response), "parameters" Map(Parameter),
        "securitySchemes" Map(SecurityScheme);
    SecurityScheme "a security scheme" SecurityScheme:
        "type" Data, "description" Data, "name" Data, "in" Data;
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

/// The nodes that stand in a node; references are nodes, and are not followed.
fn children<'a>(kind: Kind, value: &'a Value) -> Vec<Node<'a>> {
    let (Some(members), None) = (value.as_object(), target(value)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut add = |inner, value| found.push(Node { kind: inner, parent: kind, value });
    for (key, child) in members {
        match (kind.under(key), child) {
            (Some(One(inner)), _) => add(inner, child),
            (Some(List(inner)), Value::Array(items)) => {
                items.iter().for_each(|item| add(inner, item));
            }
            (Some(Map(inner)), Value::Object(members)) => {
                members.values().for_each(|member| add(inner, member));
            }
            _ => {}
        }
    }
    found
}

/// A value and every node in it, parents first.
pub(crate) fn nodes(kind: Kind, value: &Value) -> Vec<Node<'_>> {
    fn visit<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
        found.push(node);
        children(node.kind, node.value).into_iter().for_each(|child| visit(child, found));
    }
    let mut found = Vec::new();
    visit(Node { kind, parent: kind, value }, &mut found);
    found
}

/// The smallest nodes that OpenAPI does not accept, and why.
pub(crate) fn misfits(kind: Kind, value: &Value) -> Vec<(&Value, String)> {
    let inside = children(kind, value).into_iter();
    let mut found: Vec<_> = inside.flat_map(|node| misfits(node.kind, node.value)).collect();
    if found.is_empty() && target(value).is_none() {
        let error = kind.misfit(value);
        found.extend(
            error.map(|error| (value, format!("{} cannot be read: {error}", kind.label()))),
        );
    }
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
