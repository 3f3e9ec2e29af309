//! The nodes of an OpenAPI document and the keys that the generator acts on, as tables.
//!
//! What is not in [`keys`] is an error, so no construct is ever silently ignored.

use serde::Deserialize;
use serde_json::Value;

use crate::refs::{join, target};

/// What a node of the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Root,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Tag,
    Docs,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    MediaType,
    Example,
    Schema,
    Discriminator,
    Components,
    SecurityScheme,
}

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

/// A node with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) kind: Kind,
    pub(crate) pointer: String,
    pub(crate) value: &'a Value,
}

use Kind::{
    Components, Contact, Discriminator, Docs, Example, Info, License, MediaType, Operation, Parameter, PathItem, RequestBody, Response,
    Root, Schema, SecurityScheme, Server, ServerVariable, Tag,
};
use Under::{Data, List, Map, One};

impl Kind {
    /// The node's name in messages.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Root => "document root",
            Info => "info",
            Contact => "contact",
            License => "licence",
            Server => "server",
            ServerVariable => "server variable",
            Tag => "tag",
            Docs => "externalDocs",
            PathItem => "path",
            Operation => "operation",
            Parameter => "parameter",
            RequestBody => "request body",
            Response => "response",
            MediaType => "media type",
            Example => "named example",
            Schema => "schema",
            Discriminator => "discriminator",
            Components => "components",
            SecurityScheme => "security scheme",
        }
    }

    /// The node's name with its article.
    pub(crate) fn a(self) -> String {
        let label = self.label();
        format!("{} {label}", if label.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
    }

    /// The keys that the generator acts on, or that are documentation.
    #[rustfmt::skip]
    pub(crate) fn keys(self) -> &'static [(&'static str, Under)] {
        match self {
            Root => &[("openapi", Data), ("info", One(Info)), ("servers", List(Server)), ("paths", Map(PathItem)),
                ("components", One(Components)), ("security", Data), ("tags", List(Tag)), ("externalDocs", One(Docs)), ("x-error-codes", Data)],
            Info => &[("title", Data), ("description", Data), ("version", Data), ("termsOfService", Data), ("contact", One(Contact)),
                ("license", One(License))],
            Contact => &[("name", Data), ("url", Data), ("email", Data)],
            License => &[("name", Data), ("url", Data)],
            Server => &[("url", Data), ("description", Data), ("variables", Map(ServerVariable))],
            ServerVariable => &[("default", Data), ("description", Data), ("enum", Data)],
            Tag => &[("name", Data), ("description", Data), ("externalDocs", One(Docs)), ("x-groups", Data)],
            Docs => &[("description", Data), ("url", Data)],
            PathItem => &[("parameters", List(Parameter)), ("get", One(Operation)), ("post", One(Operation)), ("put", One(Operation)),
                ("delete", One(Operation))],
            Operation => &[("operationId", Data), ("tags", Data), ("summary", Data), ("description", Data), ("externalDocs", One(Docs)),
                ("parameters", List(Parameter)), ("requestBody", One(RequestBody)), ("responses", Map(Response)), ("x-order", Data),
                ("x-risk", Data), ("x-retry", Data), ("x-evidence", Data), ("x-confirm", Data), ("x-cost", Data)],
            Parameter => &[("name", Data), ("in", Data), ("required", Data), ("description", Data), ("schema", One(Schema)), ("style", Data),
                ("explode", Data), ("example", Data), ("examples", Map(Example)), ("x-runtime", Data), ("x-aliases", Data)],
            RequestBody => &[("description", Data), ("required", Data), ("content", Map(MediaType))],
            Response => &[("description", Data), ("content", Map(MediaType))],
            MediaType => &[("schema", One(Schema)), ("example", Data), ("examples", Map(Example))],
            Example => &[("summary", Data), ("description", Data), ("value", Data)],
            Schema => &[("type", Data), ("format", Data), ("title", Data), ("description", Data), ("nullable", Data), ("default", Data),
                ("example", Data), ("enum", Data), ("minimum", Data), ("maximum", Data), ("minLength", Data), ("maxLength", Data),
                ("minItems", Data), ("maxItems", Data), ("uniqueItems", Data), ("required", Data), ("properties", Map(Schema)),
                ("additionalProperties", Data), ("items", One(Schema)), ("allOf", List(Schema)), ("oneOf", List(Schema)),
                ("discriminator", One(Discriminator)), ("x-unit", Data), ("x-lenient", Data), ("x-aliases", Data), ("x-sensitive", Data),
                ("x-enum-varnames", Data), ("x-enum-descriptions", Data), ("x-known-values", Data), ("x-failed-when", Data), ("x-views", Data)],
            Discriminator => &[("propertyName", Data), ("mapping", Data)],
            Components => &[("schemas", Map(Schema)), ("responses", Map(Response)), ("parameters", Map(Parameter)),
                ("securitySchemes", Map(SecurityScheme))],
            SecurityScheme => &[("type", Data), ("description", Data), ("name", Data), ("in", Data)],
        }
    }

    /// The kinds that have extensions.
    pub(crate) const EXTENSIBLE: [Kind; 5] = [Root, Tag, Operation, Parameter, Schema];

    /// What stands under `key`; `None` when the generator does not act on it.
    pub(crate) fn under(self, key: &str) -> Option<Under> {
        self.keys().iter().find(|(name, _)| *name == key).map(|(_, under)| *under)
    }

    /// Why the node is not what OpenAPI 3.0 says it should be.
    pub(crate) fn misfit(self, value: &Value) -> Option<String> {
        fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Option<String> {
            T::deserialize(value).err().map(|error| error.to_string())
        }
        match self {
            Root => read::<openapiv3::OpenAPI>(value),
            Info => read::<openapiv3::Info>(value),
            Contact => read::<openapiv3::Contact>(value),
            License => read::<openapiv3::License>(value),
            Server => read::<openapiv3::Server>(value),
            ServerVariable => read::<openapiv3::ServerVariable>(value),
            Tag => read::<openapiv3::Tag>(value),
            Docs => read::<openapiv3::ExternalDocumentation>(value),
            PathItem => read::<openapiv3::PathItem>(value),
            Operation => read::<openapiv3::Operation>(value),
            Parameter => read::<openapiv3::Parameter>(value),
            RequestBody => read::<openapiv3::RequestBody>(value),
            Response => read::<openapiv3::Response>(value),
            MediaType => read::<openapiv3::MediaType>(value),
            Example => read::<openapiv3::Example>(value),
            Schema => read::<openapiv3::Schema>(value),
            Discriminator => read::<openapiv3::Discriminator>(value),
            Components => read::<openapiv3::Components>(value),
            SecurityScheme => read::<openapiv3::SecurityScheme>(value),
        }
    }
}

/// Every node of the document, parents first; references are nodes, and are not followed.
pub(crate) fn nodes(root: &Value) -> Vec<Node<'_>> {
    fn visit<'a>(kind: Kind, pointer: String, value: &'a Value, found: &mut Vec<Node<'a>>) {
        found.push(Node { kind, pointer: pointer.clone(), value });
        let (Some(members), None) = (value.as_object(), target(value)) else {
            return;
        };
        for (key, child) in members {
            let at = join(&pointer, key);
            match (kind.under(key), child) {
                (Some(One(kind)), _) => visit(kind, at, child, found),
                (Some(List(kind)), Value::Array(items)) => {
                    items.iter().enumerate().for_each(|(index, item)| visit(kind, join(&at, index), item, found));
                }
                (Some(Map(kind)), Value::Object(members)) => {
                    members.iter().for_each(|(name, member)| visit(kind, join(&at, name), member, found));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    visit(Root, String::new(), root, &mut found);
    found
}

/// The one of `names` that a misspelt `key` may have meant.
pub(crate) fn closest<'a>(key: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (changes, name) = names.into_iter().map(|name| (distance(name, key), name)).min()?;
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
