//! Rules about operations, their parameters, bodies and answers.

use serde_json::Value;

use super::document::EVIDENCE;
use super::schema::{Place, has_fields, is_list_form};
use super::{Cx, example, is_snake, repeated, schema};
use crate::facts::Facts;
use crate::names::snake;
use crate::refs::{resolve, target};
use crate::shape::{Kind, Node};

const JSON: &str = "application/json";

/// One operation with what the rules need to know about it.
pub(super) struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    pub(super) value: &'a Value,
    /// Own and inherited parameters as they stand there, and resolved.
    parameters: Vec<(&'a Value, &'a Value)>,
    /// The object schemas that the body consists of.
    body: Vec<&'a Value>,
}

/// All rules of this file.
pub(super) fn check<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) -> Vec<Operation<'a>> {
    let operations = operations(cx);
    let (mut ids, mut orders, mut errors) = (Vec::new(), Vec::new(), None);
    for operation in &operations {
        identity(cx, operation);
        facts(cx, operation);
        arguments(cx, operation);
        body(cx, operation);
        answers(cx, operation, &mut errors);
        ids.extend(operation.value.get("operationId").map(|id| (id, id)));
        orders.extend(operation.value.get("x-order").map(|order| (order, order)));
    }
    for (_, id) in repeated(ids) {
        rule!(cx, "op-id-duplicate" @ id; false => "another operation has the same id");
    }
    for (_, order) in repeated(orders) {
        rule!(cx, "order" @ order; false => "another operation has the same place");
    }
    for node in nodes.iter().filter(|node| target(node.value).is_none()) {
        match node.kind {
            Kind::Parameter => parameter(cx, node.value),
            Kind::MediaType => examples(cx, node),
            _ => {}
        }
    }
    operations
}

fn operations<'a>(cx: &Cx<'a>) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for (path, item) in cx.root.members("paths") {
        for method in ["get", "post", "put", "delete"] {
            let Some(value) = item.get(method) else {
                continue;
            };
            let all = item.items("parameters").iter().chain(value.items("parameters"));
            let parameters = all.filter_map(|at| Some((at, resolve(cx.root, at)?))).collect();
            let body = value.under("requestBody").under("content").under(JSON).get("schema");
            let body = body.and_then(|body| resolve(cx.root, body));
            let parts = body.into_iter().flat_map(|body| body.items("allOf"));
            let parts = parts.filter_map(|part| resolve(cx.root, part));
            let body = parts.chain(body).collect();
            found.push(Operation { method, path, value, parameters, body });
        }
    }
    found
}

/// Id, tag, texts.
fn identity(cx: &mut Cx<'_>, Operation { value, .. }: &Operation<'_>) {
    let at = *value;
    let (id, tags, summary) =
        (value.text("operationId"), value.texts("tags"), value.text("summary"));
    let own: Vec<_> = tags.iter().filter_map(|tag| cx.tags.get(tag)).flatten().copied().collect();
    rule!(cx, "tag-count" @ at; tags.len() == 1 => "the operation has {} tags", tags.len());
    rule!(cx, "tag-undeclared" @ (at, "tags");
        own.len() == tags.len() => "no such tag: {}", tags.join(", "));
    match id.split_once('.') {
        _ if id.is_empty() => cx.report.add("op-id-missing", at, "the operation has no id"),
        Some((group, method)) if is_snake(group) && is_snake(method) => {
            let declared = own.is_empty() || own.iter().any(|tag| tag.under("x-groups").has(group));
            rule!(cx, "op-id-group" @ (at, "operationId");
                declared => "the operation's tag has no group `{group}`");
        }
        _ => cx.report.add(
            "op-id-shape",
            (at, "operationId"),
            format_args!("`{id}` is not group.method"),
        ),
    }
    let length = summary.chars().count();
    let lined = !summary.ends_with('.') && !summary.contains('\n');
    rule!(cx, "summary" @ (at, "summary");
        (1..=72).contains(&length) => "the summary has {length} characters");
    rule!(cx, "summary" @ (at, "summary");
        lined => "the summary has several lines, or ends with a full stop");
    rule!(cx, "description-missing" @ at;
        value.said("description") => "the operation has no description");
    let docs = value.under("externalDocs");
    let linked = docs.said("description") && docs.said("url");
    rule!(cx, "docs-link-missing" @ at;
        linked => "the operation does not say which page documents it");
}

/// Risk, retry, evidence, order, confirmation, cost.
fn facts(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let fact = |name: &str| op.value.text(name);
    let (risk, retry) = (fact("x-risk"), fact("x-retry"));
    rule!(cx, "risk" @ (op.value, "x-risk");
        ["read", "write", "dangerous"].contains(&risk) => "`x-risk` is {}", op.value.shown("x-risk"));
    rule!(cx, "retry" @ (op.value, "x-retry");
        ["safe", "never"].contains(&retry) => "`x-retry` is {}", op.value.shown("x-retry"));
    rule!(cx, "retry" @ (op.value, "x-retry");
        retry != "safe" || op.method == "get" => "`safe` stands on another method than GET");
    for part in ["path", "request", "response"] {
        let known = EVIDENCE.contains(&op.value.under("x-evidence").text(part));
        rule!(cx, "evidence" @ (op.value, "x-evidence");
            known => "the evidence for the {part} is missing or unknown");
    }
    let parts = op.value.members("x-evidence").count();
    rule!(cx, "evidence" @ (op.value, "x-evidence"); parts <= 3 => "there are {parts} kinds of evidence");
    rule!(cx, "order" @ (op.value, "x-order");
        op.value.under("x-order").is_i64() => "`x-order` is {}", op.value.shown("x-order"));
    rule!(cx, "cost" @ (op.value, "x-cost");
        !op.value.has("x-cost") || op.value.said("x-cost") => "the cost is no text");
    let argument = fact("x-confirm");
    if op.value.has("x-confirm") {
        let mut own = op.parameters.iter().map(|(_, own)| own);
        let named = own.any(|own| own.text("name") == argument && own.flag("required"))
            || op.body.iter().any(|part| part.lists("required", argument));
        rule!(cx, "confirm" @ (op.value, "x-confirm"); named => "`{argument}` is no required argument");
        rule!(cx, "confirm" @ (op.value, "x-confirm");
            risk != "read" => "what only reads needs no confirmation");
    } else {
        rule!(cx, "confirm" @ op.value;
            risk != "dangerous" => "a dangerous operation needs a confirmation");
    }
}

/// Parameters together: the path's placeholders, one runtime role each, names, no query beside a body.
fn arguments(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let template: Vec<_> =
        op.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let (mut wires, mut runtimes, mut query) = (Vec::new(), Vec::new(), 0);
    for (at, parameter) in &op.parameters {
        let name = parameter.text("name");
        match parameter.text("in") {
            "header" => runtimes.push((parameter.text("x-runtime"), *at)),
            "path" => {
                rule!(cx, "path-param-unused" @ *at;
                    template.contains(&name) => "the path does not name `{name}`");
                wires.push(name);
            }
            _ => {
                query += 1;
                wires.push(name);
            }
        }
    }
    for name in template {
        rule!(cx, "path-param-undeclared" @ op.value;
            wires.contains(&name) => "the path names `{name}`, no parameter does");
    }
    for (runtime, at) in repeated(runtimes) {
        rule!(cx, "header-runtime" @ at;
            runtime.is_empty() => "a second parameter with `x-runtime: {runtime}`");
    }
    let body = op.value.has("requestBody");
    rule!(cx, "query-and-body" @ op.value;
        query == 0 || !body => "query parameters stand beside a body");
    wires.extend(op.body.iter().flat_map(|part| part.members("properties")).map(|(name, _)| name));
    cx.distinct(op.value, wires.into_iter().map(|wire| (snake(wire), wire)));
}

fn body(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let Some(body) = op.value.get("requestBody") else {
        return;
    };
    rule!(cx, "body-shape" @ body; op.method != "get" => "a GET has a body");
    rule!(cx, "body-shape" @ body; body.flag("required") => "the body is not required");
    rule!(cx, "description-missing" @ body;
        body.said("description") => "the body has no description");
    let schema = media(cx, body, body);
    let fields = schema.is_none() || op.body.last().is_some_and(|schema| has_fields(schema));
    let component = schema.is_none_or(|schema| target(schema).is_some());
    rule!(cx, "body-shape" @ body; fields && component => "the body is no object component");
}

/// The schema behind the only content type; what is wrong is told where the node is referred to.
fn media<'a>(cx: &mut Cx<'_>, node: &'a Value, at: &Value) -> Option<&'a Value> {
    let types: Vec<_> = node.members("content").map(|(name, _)| name).collect();
    rule!(cx, "content-type" @ at;
        types == [JSON] => "the content types are [{}]", types.join(", "));
    node.get("content")?.get(JSON)?.get("schema")
}

/// The three answers; `errors` is the schema that all error answers share.
fn answers<'a>(cx: &mut Cx<'a>, op: &Operation<'a>, errors: &mut Option<&'a str>) {
    for status in ["200", "4XX", "5XX"] {
        let there = op.value.under("responses").has(status);
        rule!(cx, "response-missing" @ (op.value, "responses"); there => "the answer \"{status}\" is missing");
    }
    for (status, at) in op.value.members("responses") {
        let known = matches!(status, "200" | "4XX" | "5XX");
        rule!(cx, "response-extra" @ at; known => "there is an answer \"{status}\"");
        let Some(answer) = resolve(cx.root, at).filter(|_| known) else {
            continue;
        };
        let Some(schema) = media(cx, answer, at) else {
            continue;
        };
        if status == "200" {
            envelope(cx, schema);
            continue;
        }
        let shared = *errors.get_or_insert(target(schema).unwrap_or_default());
        let found = cx.document.resolve(schema);
        let has = |name| found.property(name).is_some();
        rule!(cx, "error-schema" @ at;
            target(schema) == Some(shared) && has("code") && has("message") =>
            "this answer does not have the shape of all other errors");
    }
}

fn envelope<'a>(cx: &mut Cx<'a>, schema: &'a Value) {
    let names: Vec<_> = schema.members("properties").map(|(name, _)| name).collect();
    let object = schema.text("type") == "object" && schema.texts("required") == ["code"];
    let named = matches!(names.as_slice(), ["code", "message"] | ["code", "message", "data"]);
    rule!(cx, "envelope" @ schema;
        object && named => "the answer is no envelope of [{}]", names.join(", "));
    for (name, property) in schema.members("properties") {
        let found = cx.document.resolve(property);
        let component = target(property).is_some();
        let fits = match (name, found.text("type")) {
            ("data", _) => (component && has_fields(found)) || is_list_form(property),
            ("code", "integer") | ("message", "string") => component,
            _ => false,
        };
        rule!(cx, "envelope" @ property;
            fits => "`{name}` has another form than an envelope's");
        if name == "data" && is_list_form(property) {
            schema::check_inline(cx, property, Place::Optional, name);
        }
    }
}

fn parameter<'a>(cx: &mut Cx<'a>, parameter: &'a Value) {
    let at = parameter;
    let (name, place, runtime) =
        (parameter.text("name"), parameter.text("in"), parameter.text("x-runtime"));
    let (required, example) = (parameter.flag("required"), parameter.get("example"));
    let known = ["project", "request-id", "language"].contains(&runtime);
    rule!(cx, "description-missing" @ at;
        parameter.said("description") => "the parameter `{name}` has no description");
    rule!(cx, "header-runtime" @ at;
        (place == "header") == known =>
        "`{name}` stands in {place} with the runtime role `{runtime}`");
    rule!(cx, "unsupported" @ (at, "in"); ["path", "query", "header", ""].contains(&place) => "only `in: path`, `query` and `header` are supported");
    rule!(cx, "path-param-optional" @ at;
        place != "path" || required => "`{name}` is not required");
    rule!(cx, "example-missing" @ at;
        place == "header" || !required || example.is_some() => "`{name}` has no example");
    schema::alias_list(cx, parameter);
    let Some(schema) = parameter.get("schema") else {
        return;
    };
    let runtime = if place == "header" { Place::Header } else { Place::Parameter };
    schema::check_inline(cx, schema, runtime, name);
    let found = cx.behind(schema);
    let list = found.text("type") == "array" && place == "query";
    let style = (parameter.text("style"), parameter.get("explode").and_then(Value::as_bool));
    let wanted = if list { ("form", Some(false)) } else { ("", None) };
    rule!(cx, "query-array-style" @ at;
        style == wanted => "`{name}` has no agreed form in the query");
    let one = if list { found.get("items").map_or(found, |item| cx.behind(item)) } else { found };
    let fits = !has_fields(one) && one.text("type") != "array";
    rule!(cx, "unsupported" @ at; fits => "`{name}` in the {place} is more than a text, a number or a list of them");
    fits_schema(cx, schema, example);
}

/// Every body and every answer has an example, and each one fits.
fn examples<'a>(cx: &mut Cx<'a>, Node { parent, value: media, .. }: &Node<'a>) {
    let (one, many) = (media.get("example"), media.members("examples").count());
    rule!(cx, "example-missing" @ *media; one.is_some() || many > 0 => "there is no example");
    rule!(cx, "example-mismatch" @ *media;
        one.is_none() || many == 0 => "`example` and `examples` stand side by side");
    let Some(schema) = media.get("schema") else {
        return;
    };
    let named = media.members("examples").filter_map(|(_, named)| named.get("value"));
    // Answers without data show the empty `data` that was seen.
    let spared =
        *parent == Kind::Response && cx.document.resolve(schema).property("data").is_none();
    for value in named.chain(one) {
        let empty = value.get("data").filter(|data| {
            spared && (data.is_null() || data.as_object().is_some_and(|data| data.is_empty()))
        });
        for (at, message) in example::mismatches(cx.root, schema, value) {
            let fine = empty.is_some_and(|empty| std::ptr::eq(empty, at));
            rule!(cx, "example-mismatch" @ at; fine => "{message}");
        }
    }
}

/// Reports where an example does not fit.
pub(super) fn fits_schema(cx: &mut Cx<'_>, schema: &Value, example: Option<&Value>) {
    for (at, message) in
        example.map(|value| example::mismatches(cx.root, schema, value)).unwrap_or_default()
    {
        cx.report.add("example-mismatch", at, message);
    }
}
