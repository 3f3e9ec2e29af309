//! Document to [`Api`]: names are chosen, references become named types, and everything stands in
//! the order in which it is emitted.

mod node;
mod schema;
mod types;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::diag::Diagnostics;
use crate::ir::{
    Api, Arguments, ErrorCode, Evidence, Examples, ExternalDocs, Field, Group, Operation, Output,
    Place, Retry, Risk, Scope, Server, Tag, TypeKind,
};
use crate::load::Document;
use crate::names;
use crate::refs::join;
use node::Node;
use types::{Members, Types};

/// The plain description of a document that the lint has passed.
///
/// # Errors
///
/// Everything in the document that has no counterpart in Rust.
pub fn lower(document: &Document) -> Result<Api, Diagnostics> {
    let root = Node { value: &document.value, at: String::new() };
    let mut operations = operations(&root);
    operations.sort_by_key(|operation| operation.node.integer("x-order"));
    let mut types = Types::new(document);
    let mut defs = schema::Defs::new(document);
    let mut tags: Vec<_> = root.items("tags").iter().map(empty_tag).collect();
    let mut by_tag: HashMap<_, Vec<_>> = HashMap::new();
    for operation in &operations {
        for tag in operation.node.texts("tags") {
            by_tag.entry(tag).or_default().push(operation);
        }
    }
    for tag in &mut tags {
        let own = by_tag.remove(&tag.name).unwrap_or_default().into_iter();
        tag.operations = own.map(|operation| operation.lower(&mut types, &mut defs)).collect();
    }
    let (types, mut problems) = types.finish(&tags);
    let mut error_codes: Vec<_> = root.items("x-error-codes").iter().map(error_code).collect();
    error_codes.sort_by_key(|code| code.code);
    let api = Api {
        title: root.get("info").map(|info| info.docs("title")).unwrap_or_default(),
        module: module(&document.name),
        servers: root.items("servers").iter().map(server).collect(),
        argument_defs: defs.finish(&types),
        tags,
        types,
        error_codes,
    };
    check_names(document, &api, &mut problems);
    problems.or(api)
}

/// `spec/flighthub-v1.yaml` → `v1`.
fn module(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    names::snake(stem.rsplit('-').next().unwrap_or_default())
}

fn server(server: &Node<'_>) -> Server {
    Server { url: server.docs("url"), docs: server.docs("description") }
}

fn empty_tag(tag: &Node<'_>) -> Tag {
    let groups = tag.entries("x-groups").into_iter().map(|(prefix, accessor)| {
        let accessor = accessor.value.as_str().unwrap_or(prefix);
        Group {
            prefix: prefix.to_owned(),
            accessor: names::snake(accessor),
            type_name: names::pascal(accessor),
        }
    });
    Tag {
        name: tag.docs("name"),
        module: names::snake(tag.text("name")),
        docs: tag.docs("description"),
        groups: groups.collect(),
        operations: Vec::new(),
    }
}

fn error_code(row: &Node<'_>) -> ErrorCode {
    ErrorCode {
        code: row.integer("code").unwrap_or_default(),
        name: row.docs("name"),
        meaning: row.docs("meaning"),
        remedy: row.docs("remedy"),
        kind: row.docs("kind"),
        refused: row.text("write") == "refused",
        retry: row.flag("retry"),
        evidence: row.docs("evidence"),
    }
}

/// An operation as it stands in the document.
struct Found<'a> {
    path: &'a str,
    method: &'static str,
    item: Node<'a>,
    node: Node<'a>,
}

fn operations<'a>(root: &Node<'a>) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for (path, item) in root.entries("paths") {
        for method in ["get", "put", "post", "delete"] {
            if let Some(node) = item.get(method) {
                found.push(Found { path, method, node, item: item.clone() });
            }
        }
    }
    found
}

impl<'a> Found<'a> {
    fn lower(&self, types: &mut Types<'a>, defs: &mut schema::Defs<'a>) -> Operation {
        let node = &self.node;
        let id = node.docs("operationId");
        let (group, method_name) = id.split_once('.').unwrap_or(("", &id));
        let parameters = self.parameters(types);
        let body = node.get("requestBody").and_then(|body| types.json(&body));
        let schema = body.as_ref().and_then(|body| body.get("schema"));
        let fields = arguments(&parameters, schema.as_ref(), types);
        let reply = node.get("responses").and_then(|responses| responses.get("200"));
        let reply = reply.and_then(|reply| types.json(&reply));
        let evidence = node.get("x-evidence");
        let evidence =
            |part| evidence.as_ref().map(|evidence| evidence.docs(part)).unwrap_or_default();
        let page = |page: Node<'_>| ExternalDocs {
            description: page.docs("description"),
            url: page.docs("url"),
        };
        Operation {
            type_name: names::pascal(&id),
            group: group.to_owned(),
            method_name: names::snake(method_name),
            method: self.method.to_ascii_uppercase(),
            path: self.path.to_owned(),
            summary: node.docs("summary"),
            docs: node.docs("description"),
            external_docs: node.get("externalDocs").map(page),
            scope: scope(&parameters),
            risk: match node.text("x-risk") {
                "read" => Risk::Read,
                "write" => Risk::Write,
                _ => Risk::Dangerous,
            },
            retry: if node.text("x-retry") == "safe" { Retry::Safe } else { Retry::Never },
            evidence: Evidence {
                path: evidence("path"),
                request: evidence("request"),
                response: evidence("response"),
            },
            confirm: node.optional_text("x-confirm"),
            cost: node.optional_text("x-cost"),
            order: node.integer("x-order").unwrap_or_default(),
            arguments: match fields.last().map(|field| field.place) {
                _ if body.is_some() => Arguments::Body,
                Some(Place::Query) => Arguments::Query,
                _ => Arguments::None,
            },
            output: reply.as_ref().map_or(Output::Accepted, |reply| types.output(reply)),
            examples: examples(&parameters, body.as_ref(), reply.as_ref()),
            argument_schema: defs.arguments(&fields, &parameters, schema.as_ref()),
            fields,
            at: node.at.clone(),
            id,
        }
    }

    /// The parameters of the path and of the operation, in the order of the path's template.
    fn parameters(&self, types: &mut Types<'a>) -> Vec<Node<'a>> {
        let all = self.item.items("parameters").into_iter().chain(self.node.items("parameters"));
        let mut found: Vec<_> = all.filter_map(|parameter| types.resolve(&parameter)).collect();
        let place =
            |parameter: &Node<'a>| self.path.find(&format!("{{{}}}", parameter.text("name")));
        found.sort_by_key(|parameter| match parameter.text("in") {
            "path" => place(parameter).unwrap_or_default(),
            _ => usize::MAX,
        });
        found
    }
}

/// All arguments of an operation: path parameters, then those of the query or the body's members.
fn arguments<'a>(
    parameters: &[Node<'a>],
    body: Option<&Node<'a>>,
    types: &mut Types<'a>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for parameter in parameters {
        match parameter.text("in") {
            "path" => fields.extend(types.parameter(parameter, Place::Path)),
            "query" => fields.extend(types.parameter(parameter, Place::Query)),
            _ => {}
        }
    }
    if let Some(body) = body.and_then(|body| types.resolve(body)) {
        let Members { fields: members, constants } = types.members(&body, Place::Body, None);
        if !constants.is_empty() {
            types.refuse(&body, "a constant in a body itself: put it into an object of its own");
        }
        fields.extend(members);
    }
    fields
}

fn scope(parameters: &[Node<'_>]) -> Scope {
    match parameters.iter().find(|parameter| parameter.text("x-runtime") == "project") {
        Some(header) if header.flag("required") => Scope::Project,
        Some(_) => Scope::Either,
        None => Scope::Organization,
    }
}

/// The examples beside a schema: a lone one is called `example`.
fn named_examples(node: &Node<'_>) -> Vec<(String, Value)> {
    let lone = node.value.get("example").map(|value| ("example".to_owned(), value.clone()));
    let named = node.entries("examples").into_iter();
    let named = named.filter_map(|(name, entry)| Some((name.to_owned(), entry.get("value")?)));
    lone.into_iter().chain(named.map(|(name, node)| (name, node.value.clone()))).collect()
}

fn examples(
    parameters: &[Node<'_>],
    body: Option<&Node<'_>>,
    reply: Option<&Node<'_>>,
) -> Examples {
    let first = |node: &Node<'_>| Some(named_examples(node).into_iter().next()?.1);
    let mut arguments = Map::new();
    for parameter in parameters {
        if matches!(parameter.text("in"), "path" | "query") {
            arguments.extend(first(parameter).map(|example| (parameter.docs("name"), example)));
        }
    }
    let body = body.and_then(first);
    arguments.extend(body.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    Examples { arguments, body, replies: reply.map(named_examples).unwrap_or_default() }
}

/// Names that two things of the generated module would have, or that mean something else there.
fn check_names(document: &Document, api: &Api, problems: &mut Diagnostics) {
    let mut types: Vec<(String, String)> = Vec::new();
    let mut modules =
        ["common", "catalog", "server"].map(|name| (name.to_owned(), String::new())).to_vec();
    let mut add = |name: &str, at: &str, fields: &[Field]| {
        types.push((name.to_owned(), at.to_owned()));
        if fields.iter().filter(|field| field.required).count() > 4 {
            types.push((format!("{name}Args"), at.to_owned()));
        }
    };
    for (index, tag) in api.tags.iter().enumerate() {
        let at = join("/tags", index);
        tag.groups.iter().for_each(|group| add(&group.type_name, &at, &[]));
        tag.operations.iter().for_each(|op| add(&op.type_name, &op.at, &op.fields));
        modules.push((tag.module.clone(), at));
    }
    for def in &api.types {
        match &def.kind {
            TypeKind::Struct { fields, .. } if def.in_request => add(&def.name, &def.at, fields),
            _ => add(&def.name, &def.at, &[]),
        }
    }
    let mut report = |at: &str, message: String| {
        problems.push(document.problem("name-collision", at, message, "choose another name"));
    };
    for names in [&types, &modules] {
        let pairs = names.iter().map(|(name, at)| (name.as_str(), at.as_str()));
        for (name, first, again) in names::collisions(pairs) {
            report(again, format!("`{name}` is also the Rust name of {first}"));
        }
    }
    for (name, at) in types.iter().filter(|(name, _)| name.is_empty() || names::is_taken(name)) {
        report(at, format!("`{name}` cannot be the name of a type here"));
    }
}
