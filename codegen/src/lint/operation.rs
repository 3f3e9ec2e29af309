//! Rules about operations, their parameters, bodies and answers.

use serde_json::Value;

use super::document::EVIDENCE;
use super::schema::{Place, has_fields, is_list_form};
use super::{
    Cx, example, flag, is_snake, items, member, members, repeated, said, schema, shown, text, texts,
};
use crate::names::snake;
use crate::refs::{join, resolve, target};
use crate::shape::{Kind, Node};

const JSON: &str = "application/json";

/// One operation with what the rules need to know about it.
pub(super) struct Operation<'a> {
    at: String,
    method: &'a str,
    path: &'a str,
    pub(super) value: &'a Value,
    /// Own and inherited parameters, resolved, with their places.
    parameters: Vec<(String, &'a Value)>,
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
        ids.push((operation.value.get("operationId"), join(&operation.at, "operationId")));
        orders.push((operation.value.get("x-order"), join(&operation.at, "x-order")));
    }
    for (id, at) in repeated(ids) {
        rule!(cx, "op-id-duplicate" @ at; id.is_none() => "another operation has the same id");
    }
    for (order, at) in repeated(orders) {
        rule!(cx, "order" @ at; order.is_none() => "another operation has the same place");
    }
    for node in nodes.iter().filter(|node| target(node.value).is_none()) {
        match node.kind {
            Kind::Parameter => parameter(cx, &node.at, node.value),
            Kind::MediaType => examples(cx, &node.at, node.value),
            _ => {}
        }
    }
    operations
}

fn operations<'a>(cx: &Cx<'a>) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for (path, item) in members(cx.root, "paths") {
        for method in ["get", "post", "put", "delete"] {
            let Some(value) = item.get(method) else {
                continue;
            };
            let (above, at) = (join("/paths", path), join(&join("/paths", path), method));
            let mut parameters = Vec::new();
            for (at, holder) in [(&above, item), (&at, value)] {
                for (index, parameter) in items(holder, "parameters").iter().enumerate() {
                    let at = format!("{at}/parameters/{index}");
                    parameters.extend(resolve(cx.root, parameter).map(|found| (at, found)));
                }
            }
            let body = member(value, "requestBody", "content")
                .and_then(|types| member(types, JSON, "schema"));
            let body = body.and_then(|body| resolve(cx.root, body));
            let parts = body.into_iter().flat_map(|body| items(body, "allOf"));
            let parts = parts.filter_map(|part| resolve(cx.root, part));
            let body = parts.chain(body).collect();
            found.push(Operation { at, method, path, value, parameters, body });
        }
    }
    found
}

/// Id, tag, texts.
fn identity(cx: &mut Cx<'_>, Operation { at, value, .. }: &Operation<'_>) {
    let (id, tags, summary) =
        (text(value, "operationId"), texts(value, "tags"), text(value, "summary"));
    let own: Vec<_> = tags.iter().filter_map(|tag| cx.tags.get(tag)).flatten().copied().collect();
    rule!(cx, "tag-count" @ at; tags.len() == 1 => "the operation has {} tags", tags.len());
    rule!(cx, "tag-undeclared" @ join(at, "tags");
        own.len() == tags.len() => "no such tag: {}", tags.join(", "));
    let place = join(at, "operationId");
    match id.split_once('.') {
        _ if id.is_empty() => cx.report("op-id-missing", at, "the operation has no id"),
        Some((group, method)) if is_snake(group) && is_snake(method) => {
            let declared =
                own.is_empty() || own.iter().any(|tag| member(tag, "x-groups", group).is_some());
            rule!(cx, "op-id-group" @ place;
                declared => "the operation's tag has no group `{group}`");
        }
        _ => cx.report("op-id-shape", &place, format_args!("`{id}` is not group.method")),
    }
    let length = summary.chars().count();
    let lined = !summary.ends_with('.') && !summary.contains('\n');
    rule!(cx, "summary" @ join(at, "summary");
        (1..=72).contains(&length) => "the summary has {length} characters");
    rule!(cx, "summary" @ join(at, "summary");
        lined => "the summary has several lines, or ends with a full stop");
    rule!(cx, "description-missing" @ at;
        said(value, "description") => "the operation has no description");
    let linked = value
        .get("externalDocs")
        .is_some_and(|docs| said(docs, "description") && said(docs, "url"));
    rule!(cx, "docs-link-missing" @ at;
        linked => "the operation does not say which page documents it");
}

/// Risk, retry, evidence, order, confirmation, cost.
fn facts(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let key = |name: &str| join(&op.at, name);
    let fact = |name: &str| text(op.value, name);
    let (risk, retry) = (fact("x-risk"), fact("x-retry"));
    rule!(cx, "risk" @ key("x-risk");
        ["read", "write", "dangerous"].contains(&risk) => "`x-risk` is {}", shown(op.value, "x-risk"));
    rule!(cx, "retry" @ key("x-retry");
        ["safe", "never"].contains(&retry) => "`x-retry` is {}", shown(op.value, "x-retry"));
    rule!(cx, "retry" @ key("x-retry");
        retry != "safe" || op.method == "get" => "`safe` stands on another method than GET");
    for part in ["path", "request", "response"] {
        let known = op
            .value
            .get("x-evidence")
            .is_some_and(|evidence| EVIDENCE.contains(&text(evidence, part)));
        rule!(cx, "evidence" @ key("x-evidence");
            known => "the evidence for the {part} is missing or unknown");
    }
    let parts = members(op.value, "x-evidence").count();
    rule!(cx, "evidence" @ key("x-evidence"); parts <= 3 => "there are {parts} kinds of evidence");
    rule!(cx, "order" @ key("x-order");
        op.value.get("x-order").is_some_and(Value::is_i64) => "`x-order` is {}", shown(op.value, "x-order"));
    rule!(cx, "cost" @ key("x-cost");
        op.value.get("x-cost").is_none() || said(op.value, "x-cost") => "the cost is no text");
    let argument = fact("x-confirm");
    if op.value.get("x-confirm").is_some() {
        let own = op
            .parameters
            .iter()
            .any(|(_, own)| text(own, "name") == argument && flag(own, "required"));
        let named = own || op.body.iter().any(|part| texts(part, "required").contains(&argument));
        rule!(cx, "confirm" @ key("x-confirm"); named => "`{argument}` is no required argument");
        rule!(cx, "confirm" @ key("x-confirm");
            risk != "read" => "what only reads needs no confirmation");
    } else {
        rule!(cx, "confirm" @ op.at;
            risk != "dangerous" => "a dangerous operation needs a confirmation");
    }
}

/// Parameters together: the path's placeholders, one runtime role each, names, no query beside a body.
fn arguments(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let template: Vec<_> =
        op.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let (mut wires, mut runtimes, mut query) = (Vec::new(), Vec::new(), 0);
    for (at, parameter) in &op.parameters {
        let name = text(parameter, "name");
        match text(parameter, "in") {
            "header" => runtimes.push((text(parameter, "x-runtime"), at.clone())),
            "path" => {
                rule!(cx, "path-param-unused" @ at;
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
        rule!(cx, "path-param-undeclared" @ op.at;
            wires.contains(&name) => "the path names `{name}`, no parameter does");
    }
    for (runtime, at) in repeated(runtimes) {
        rule!(cx, "header-runtime" @ at;
            runtime.is_empty() => "a second parameter with `x-runtime: {runtime}`");
    }
    let body = op.value.get("requestBody").is_some();
    rule!(cx, "query-and-body" @ op.at;
        query == 0 || !body => "query parameters stand beside a body");
    wires.extend(op.body.iter().flat_map(|part| members(part, "properties")).map(|(name, _)| name));
    cx.distinct(&op.at, wires.into_iter().map(|wire| (snake(wire), wire)));
}

fn body(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let Some(body) = op.value.get("requestBody") else {
        return;
    };
    let at = join(&op.at, "requestBody");
    rule!(cx, "body-shape" @ at; op.method != "get" => "a GET has a body");
    rule!(cx, "body-shape" @ at; flag(body, "required") => "the body is not required");
    rule!(cx, "description-missing" @ at;
        said(body, "description") => "the body has no description");
    let schema = media(cx, body, &at);
    let fields = schema.is_none() || op.body.last().is_some_and(|schema| has_fields(schema));
    let component = schema.is_none_or(|schema| target(schema).is_some());
    rule!(cx, "body-shape" @ at; fields && component => "the body is no object component");
}

/// The schema behind the only content type.
fn media<'a>(cx: &mut Cx<'_>, node: &'a Value, at: &str) -> Option<&'a Value> {
    let types: Vec<_> = members(node, "content").map(|(name, _)| name).collect();
    rule!(cx, "content-type" @ at;
        types == [JSON] => "the content types are [{}]", types.join(", "));
    node.get("content")?.get(JSON)?.get("schema")
}

/// The three answers; `errors` is the schema that all error answers share.
fn answers<'a>(cx: &mut Cx<'a>, op: &Operation<'a>, errors: &mut Option<&'a str>) {
    let at = join(&op.at, "responses");
    for status in ["200", "4XX", "5XX"] {
        let there = member(op.value, "responses", status).is_some();
        rule!(cx, "response-missing" @ at; there => "the answer \"{status}\" is missing");
    }
    for (status, answer) in members(op.value, "responses") {
        let at = join(&at, status);
        let known = matches!(status, "200" | "4XX" | "5XX");
        rule!(cx, "response-extra" @ at; known => "there is an answer \"{status}\"");
        let Some(answer) = resolve(cx.root, answer).filter(|_| known) else {
            continue;
        };
        let Some(schema) = media(cx, answer, &at) else {
            continue;
        };
        if status == "200" {
            envelope(cx, schema, &format!("{at}/content/application~1json/schema"));
            continue;
        }
        let shared = *errors.get_or_insert(target(schema).unwrap_or_default());
        let found = resolve(cx.root, schema).unwrap_or(schema);
        let has = |name| member(found, "properties", name).is_some();
        rule!(cx, "error-schema" @ at;
            target(schema) == Some(shared) && has("code") && has("message") =>
            "this answer does not have the shape of all other errors");
    }
}

fn envelope(cx: &mut Cx<'_>, schema: &Value, at: &str) {
    let names: Vec<_> = members(schema, "properties").map(|(name, _)| name).collect();
    let object = text(schema, "type") == "object" && texts(schema, "required") == ["code"];
    let named = matches!(names.as_slice(), ["code", "message"] | ["code", "message", "data"]);
    rule!(cx, "envelope" @ at;
        object && named => "the answer is no envelope of [{}]", names.join(", "));
    for (name, property) in members(schema, "properties") {
        let found = resolve(cx.root, property).unwrap_or(property);
        let component = target(property).is_some();
        let fits = match (name, text(found, "type")) {
            ("data", _) => (component && has_fields(found)) || is_list_form(property),
            ("code", "integer") | ("message", "string") => component,
            _ => false,
        };
        rule!(cx, "envelope" @ format!("{at}/properties/{name}");
            fits => "`{name}` has another form than an envelope's");
    }
}

fn parameter(cx: &mut Cx<'_>, at: &str, parameter: &Value) {
    let (name, place, runtime) =
        (text(parameter, "name"), text(parameter, "in"), text(parameter, "x-runtime"));
    let (required, example) = (flag(parameter, "required"), parameter.get("example"));
    let known = ["project", "request-id", "language"].contains(&runtime);
    rule!(cx, "description-missing" @ at;
        said(parameter, "description") => "the parameter `{name}` has no description");
    rule!(cx, "header-runtime" @ at;
        (place == "header") == known =>
        "`{name}` stands in {place} with the runtime role `{runtime}`");
    rule!(cx, "unsupported" @ join(at, "in"); place != "cookie" => "only `in: path`, `query` and `header` are supported");
    rule!(cx, "path-param-optional" @ at;
        place != "path" || required => "`{name}` is not required");
    rule!(cx, "example-missing" @ at;
        place == "header" || !required || example.is_some() => "`{name}` has no example");
    schema::alias_list(cx, at, parameter);
    let Some(schema) = parameter.get("schema") else {
        return;
    };
    let runtime = if place == "header" { Place::Header } else { Place::Parameter };
    schema::check_inline(cx, &join(at, "schema"), schema, runtime, name);
    let found = cx.behind(schema);
    let list = text(found, "type") == "array" && place == "query";
    let style = (text(parameter, "style"), parameter.get("explode").and_then(Value::as_bool));
    let wanted = if list { ("form", Some(false)) } else { ("", None) };
    rule!(cx, "query-array-style" @ at;
        style == wanted => "`{name}` has no agreed form in the query");
    let one = if list { found.get("items").map_or(found, |item| cx.behind(item)) } else { found };
    let fits = !has_fields(one) && text(one, "type") != "array";
    rule!(cx, "unsupported" @ at; fits => "`{name}` in the {place} is more than a text, a number or a list of them");
    fits_schema(cx, schema, example, &join(at, "example"));
}

/// Every body and every answer has an example, and each one fits.
fn examples(cx: &mut Cx<'_>, at: &str, media: &Value) {
    let (one, many) = (media.get("example"), members(media, "examples").count());
    rule!(cx, "example-missing" @ at; one.is_some() || many > 0 => "there is no example");
    rule!(cx, "example-mismatch" @ at;
        one.is_none() || many == 0 => "`example` and `examples` stand side by side");
    let Some(schema) = media.get("schema") else {
        return;
    };
    let named = members(media, "examples").map(|(name, named)| (name, named.get("value")));
    let named = named.map(|(name, value)| (join(&join(at, "examples"), name) + "/value", value));
    for (place, value) in named.chain([(join(at, "example"), one)]) {
        let mut value = value.cloned();
        // Answers without data show the empty `data` that was seen.
        let declared = resolve(cx.root, schema)
            .is_some_and(|schema| member(schema, "properties", "data").is_some());
        if let Some(Value::Object(envelope)) =
            value.as_mut().filter(|_| at.contains("/responses/") && !declared)
        {
            let empty = |data: &Value| {
                data.is_null() || data.as_object().is_some_and(|data| data.is_empty())
            };
            if envelope.get("data").is_some_and(empty) {
                envelope.shift_remove("data");
            }
        }
        fits_schema(cx, schema, value.as_ref(), &place);
    }
}

/// Reports where an example does not fit.
pub(super) fn fits_schema(cx: &mut Cx<'_>, schema: &Value, value: Option<&Value>, at: &str) {
    for (at, message) in
        value.map(|value| example::mismatches(cx.root, schema, value, at)).unwrap_or_default()
    {
        cx.report("example-mismatch", &at, message);
    }
}
