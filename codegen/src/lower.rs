//! Document to [`Api`]: names are chosen, references become named types, and everything stands in
//! the order in which it is emitted.

mod notes;
mod schema;
mod types;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::diag::Diagnostics;
use crate::facts::Facts;
use crate::ir::{
    Api, Arguments, ErrorCode, Evidence, Examples, ExternalDocs, Field, Group, Operation, Output,
    Place, Retry, Risk, Scope, Server, Tag, TypeKind,
};
use crate::load::Document;
use crate::names;
use crate::refs::join;
use crate::report::Report;
use types::{Members, Types};

/// The plain description of a document that the lint has passed.
///
/// # Errors
///
/// Everything in the document that has no counterpart in Rust.
pub fn lower(document: &Document) -> Result<Api, Diagnostics> {
    let root = &document.value;
    let mut operations = operations(root);
    operations.sort_by_key(|operation| operation.node.under("x-order").as_i64());
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
        let own = by_tag.remove(tag.name.as_str()).unwrap_or_default().into_iter();
        tag.operations = own.map(|operation| operation.lower(&mut types, &mut defs)).collect();
    }
    let (types, mut report) = types.finish(&tags);
    let mut error_codes: Vec<_> = root.items("x-error-codes").iter().map(error_code).collect();
    error_codes.sort_by_key(|code| code.code);
    let api = Api {
        title: root.under("info").docs("title"),
        module: module(&document.name),
        servers: root.items("servers").iter().map(server).collect(),
        argument_defs: defs.finish(&types),
        tags,
        types,
        error_codes,
    };
    check_names(&api, &mut report);
    report.problems.or(api)
}

/// `spec/flighthub-v1.yaml` → `v1`.
fn module(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    names::snake(stem.rsplit('-').next().unwrap_or_default())
}

fn server(server: &Value) -> Server {
    Server { url: server.docs("url"), docs: server.docs("description") }
}

fn empty_tag(tag: &Value) -> Tag {
    let groups = tag.members("x-groups").map(|(prefix, accessor)| {
        let accessor = accessor.as_str().unwrap_or(prefix);
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

fn error_code(row: &Value) -> ErrorCode {
    ErrorCode {
        code: row.under("code").as_i64().unwrap_or_default(),
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
    item: &'a Value,
    node: &'a Value,
}

fn operations(root: &Value) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for (path, item) in root.members("paths") {
        for method in ["get", "put", "post", "delete"] {
            found.extend(item.get(method).map(|node| Found { path, method, node, item }));
        }
    }
    found
}

impl<'a> Found<'a> {
    fn lower(&self, types: &mut Types<'a>, defs: &mut schema::Defs<'a>) -> Operation {
        let node = self.node;
        let id = node.docs("operationId");
        let (group, method_name) = id.split_once('.').unwrap_or(("", &id));
        let parameters = self.parameters(types);
        let body = node.get("requestBody").and_then(|body| types.json(body));
        let schema = body.and_then(|body| body.get("schema"));
        let fields = arguments(&parameters, schema, types);
        let reply = types.json(node.under("responses").under("200"));
        let page = |page: &Value| ExternalDocs {
            description: page.docs("description"),
            url: page.docs("url"),
        };
        let optional = |key| Some(node.docs(key)).filter(|text| !text.is_empty());
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
            risk: Risk::deserialize(node.under("x-risk")).unwrap_or(Risk::Dangerous),
            retry: Retry::deserialize(node.under("x-retry")).unwrap_or(Retry::Never),
            evidence: Evidence::deserialize(node.under("x-evidence")).unwrap_or_default(),
            confirm: optional("x-confirm"),
            cost: optional("x-cost"),
            order: node.under("x-order").as_i64().unwrap_or_default(),
            arguments: match fields.last().map(|field| field.place) {
                _ if body.is_some() => Arguments::Body,
                Some(Place::Query) => Arguments::Query,
                _ => Arguments::None,
            },
            output: reply.map_or(Output::Accepted, |reply| types.output(reply)),
            examples: examples(&parameters, body, reply),
            argument_schema: defs.arguments(&parameters, schema),
            fields,
            at: join(&join("/paths", self.path), self.method),
            id,
        }
    }

    /// The parameters of the path and of the operation, in the order of the path's template.
    fn parameters(&self, types: &Types<'a>) -> Vec<&'a Value> {
        let all = self.item.items("parameters").iter().chain(self.node.items("parameters"));
        let mut found: Vec<_> = all.map(|parameter| types.document.resolve(parameter)).collect();
        let place = |parameter: &Value| self.path.find(&format!("{{{}}}", parameter.text("name")));
        found.sort_by_key(|parameter| match parameter.text("in") {
            "path" => place(parameter).unwrap_or_default(),
            _ => usize::MAX,
        });
        found
    }
}

/// All arguments of an operation: path parameters, then those of the query or the body's members.
fn arguments<'a>(
    parameters: &[&'a Value],
    body: Option<&'a Value>,
    types: &mut Types<'a>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for parameter in parameters {
        match parameter.text("in") {
            "path" => fields.push(types.parameter(parameter, Place::Path)),
            "query" => fields.push(types.parameter(parameter, Place::Query)),
            _ => {}
        }
    }
    if let Some(body) = body {
        let body = types.document.resolve(body);
        let Members { fields: members, constants } = types.members(body, Place::Body, None);
        if !constants.is_empty() {
            types.refuse(body, "a constant in a body itself: put it into an object of its own");
        }
        fields.extend(members);
    }
    fields
}

fn scope(parameters: &[&Value]) -> Scope {
    match parameters.iter().find(|parameter| parameter.text("x-runtime") == "project") {
        Some(header) if header.flag("required") => Scope::Project,
        Some(_) => Scope::Either,
        None => Scope::Organization,
    }
}

/// The examples beside a schema: a lone one is called `example`.
fn named_examples(node: &Value) -> Vec<(String, Value)> {
    let lone = node.get("example").map(|value| ("example", value));
    let named = node.members("examples");
    let named = named.filter_map(|(name, entry)| Some((name, entry.get("value")?)));
    lone.into_iter().chain(named).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn examples(parameters: &[&Value], body: Option<&Value>, reply: Option<&Value>) -> Examples {
    let first = |node: &Value| Some(named_examples(node).into_iter().next()?.1);
    let mut arguments = Map::new();
    for parameter in parameters.iter().filter(|parameter| parameter.text("in") != "header") {
        arguments.extend(first(parameter).map(|example| (parameter.docs("name"), example)));
    }
    let body = body.and_then(first);
    arguments.extend(body.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    Examples { arguments, body, replies: reply.map(named_examples).unwrap_or_default() }
}

/// Names that two things of the generated module would have, or that mean something else there.
fn check_names(api: &Api, report: &mut Report<'_>) {
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
        report.advise("name-collision", report.value(at), message, "choose another name");
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
