//! Rules about operations, their parameters, bodies and answers.

use serde_json::Value;

use super::document::EVIDENCE;
use super::schema::{Place, is_list_form};
use super::{Cx, example, flag, is_snake, items, members, repeated, said, schema, text, texts};
use crate::names;
use crate::refs::{self, join};
use crate::shape::{Kind, Node};

const JSON: &str = "application/json";

/// One operation with what the rules need to know about it.
struct Operation<'a> {
    at: String,
    method: &'a str,
    path: &'a str,
    value: &'a Value,
    /// Own and inherited parameters, resolved, with their places.
    parameters: Vec<(String, &'a Value)>,
    /// Schema of the body.
    body: Option<&'a Value>,
}

/// The rules about an operation.
const OPERATION: &[fn(&mut Cx<'_>, &Operation<'_>)] = &[
    id,
    tag,
    texts_of,
    risk,
    retry,
    evidence,
    order,
    confirm,
    cost,
    headers,
    placeholders,
    arguments,
    body,
    responses,
];

/// All rules of this file.
pub(super) fn check<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) {
    let operations: Vec<_> = nodes
        .iter()
        .filter(|node| node.kind == Kind::Operation)
        .filter_map(|node| read(cx, node))
        .collect();
    for operation in &operations {
        OPERATION.iter().for_each(|rule| rule(cx, operation));
    }
    let ids = operations
        .iter()
        .map(|op| (text(op.value, "operationId"), join(&op.at, "operationId")));
    for (id, at) in repeated(ids.filter(|(id, _)| !id.is_empty())) {
        cx.report(
            "op-id-duplicate",
            &at,
            format!("two operations are called `{id}`"),
        );
    }
    for (order, at) in repeated(
        operations
            .iter()
            .filter_map(|op| Some((op.value.get("x-order")?.as_i64()?, join(&op.at, "x-order")))),
    ) {
        cx.report("order", &at, format!("another operation has {order} too"));
    }
    for Node { pointer, value, .. } in nodes
        .iter()
        .filter(|node| node.kind == Kind::Parameter && refs::target(node.value).is_none())
    {
        parameter(cx, pointer, value);
    }
    for Node { pointer, value, .. } in nodes.iter().filter(|node| node.kind == Kind::MediaType) {
        examples(cx, pointer, value);
    }
}

fn read<'a>(cx: &Cx<'a>, node: &Node<'a>) -> Option<Operation<'a>> {
    let (item_at, method) = node.pointer.rsplit_once('/')?;
    let item = cx.root.pointer(item_at)?;
    let (path, _) = members(cx.root, "paths").find(|(path, _)| join("/paths", path) == item_at)?;
    let (method, _) = item.as_object()?.get_key_value(method)?;
    let listed = |at: &str, holder: &'a Value| {
        let at = join(at, "parameters");
        let resolved =
            |(index, parameter)| Some((join(&at, index), refs::resolve(cx.root, parameter)?));
        items(holder, "parameters")
            .iter()
            .enumerate()
            .filter_map(resolved)
            .collect::<Vec<_>>()
    };
    let mut parameters = listed(item_at, item);
    parameters.extend(listed(&node.pointer, node.value));
    let body = node
        .value
        .get("requestBody")
        .and_then(|body| body.get("content")?.get(JSON)?.get("schema"));
    Some(Operation {
        at: node.pointer.clone(),
        method,
        path,
        value: node.value,
        parameters,
        body,
    })
}

impl Operation<'_> {
    fn key(&self, name: &str) -> String {
        join(&self.at, name)
    }

    fn placed(&self, place: &str) -> impl Iterator<Item = &(String, &Value)> {
        self.parameters
            .iter()
            .filter(move |(_, parameter)| text(parameter, "in") == place)
    }
}

fn id(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let id = text(op.value, "operationId");
    if id.is_empty() {
        return cx.report("op-id-missing", &op.at, "the operation has no id");
    }
    let Some((group, _)) = id
        .split_once('.')
        .filter(|(group, method)| is_snake(group) && is_snake(method))
    else {
        return cx.report(
            "op-id-shape",
            &op.key("operationId"),
            format!("`{id}` is not group.method"),
        );
    };
    let own: Vec<_> = items(cx.root, "tags")
        .iter()
        .filter(|tag| texts(op.value, "tags").contains(&text(tag, "name")))
        .collect();
    let declared = own.is_empty()
        || own
            .iter()
            .any(|tag| members(tag, "x-groups").any(|(prefix, _)| prefix == group));
    cx.expect(
        declared,
        "op-id-group",
        &op.key("operationId"),
        format!("the operation's tag has no group `{group}`"),
    );
}

fn tag(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let tags = texts(op.value, "tags");
    cx.expect(
        tags.len() == 1,
        "tag-count",
        &op.at,
        format!("the operation has {} tags", tags.len()),
    );
    for tag in tags {
        let known = items(cx.root, "tags")
            .iter()
            .any(|declared| text(declared, "name") == tag);
        cx.expect(
            known,
            "tag-undeclared",
            &op.key("tags"),
            format!("there is no tag `{tag}`"),
        );
    }
}

fn texts_of(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let summary = text(op.value, "summary");
    let message = match summary.chars().count() {
        0 => "the operation has no summary".to_owned(),
        length if length > 72 => format!("the summary has {length} characters"),
        _ if summary.ends_with('.') || summary.contains('\n') => {
            "the summary ends with a full stop or has several lines".to_owned()
        }
        _ => String::new(),
    };
    cx.expect(
        message.is_empty(),
        "summary",
        if summary.is_empty() {
            op.at.clone()
        } else {
            op.key("summary")
        }
        .as_str(),
        message,
    );
    cx.described(op.value, &op.at, "the operation");
    let linked = op
        .value
        .get("externalDocs")
        .is_some_and(|docs| said(docs, "description") && said(docs, "url"));
    cx.expect(
        linked,
        "docs-link-missing",
        &op.at,
        "the operation does not say which page documents it",
    );
}

fn risk(cx: &mut Cx<'_>, op: &Operation<'_>) {
    one_of(cx, op, "risk", "x-risk", &["read", "write", "dangerous"]);
}

fn retry(cx: &mut Cx<'_>, op: &Operation<'_>) {
    one_of(cx, op, "retry", "x-retry", &["safe", "never"]);
    let sound = text(op.value, "x-retry") != "safe" || op.method == "get";
    cx.expect(
        sound,
        "retry",
        &op.key("x-retry"),
        "`safe` stands on an operation that is no GET",
    );
}

fn one_of(cx: &mut Cx<'_>, op: &Operation<'_>, rule: &'static str, key: &str, values: &[&str]) {
    let message = match op.value.get(key) {
        None => format!("the operation has no `{key}`"),
        Some(value) if value.as_str().is_none_or(|value| !values.contains(&value)) => {
            format!("`{key}` is {value}")
        }
        Some(_) => return,
    };
    cx.report(rule, &op.key(key), message);
}

fn evidence(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let parts = ["path", "request", "response"];
    let value = op.value.get("x-evidence").unwrap_or(&Value::Null);
    for part in parts
        .iter()
        .filter(|part| !EVIDENCE.contains(&text(value, part)))
    {
        cx.report(
            "evidence",
            &op.key("x-evidence"),
            format!("there is no (known) evidence for the {part}"),
        );
    }
    for (part, _) in members(op.value, "x-evidence").filter(|(part, _)| !parts.contains(part)) {
        cx.report(
            "evidence",
            &join(&op.key("x-evidence"), part),
            format!("there is no evidence for `{part}`"),
        );
    }
}

fn order(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let ordered = op.value.get("x-order").is_some_and(Value::is_i64);
    cx.expect(
        ordered,
        "order",
        &op.key("x-order"),
        "the operation has no place in the order",
    );
}

fn confirm(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let (risk, confirm) = (text(op.value, "x-risk"), text(op.value, "x-confirm"));
    if op.value.get("x-confirm").is_none() {
        return cx.expect(
            risk != "dangerous",
            "confirm",
            &op.at,
            "a dangerous operation must say which argument names what is acted on",
        );
    }
    cx.expect(
        risk != "read",
        "confirm",
        &op.key("x-confirm"),
        "an operation that only reads has nothing to confirm",
    );
    let own = op
        .parameters
        .iter()
        .any(|(_, parameter)| text(parameter, "name") == confirm && flag(parameter, "required"));
    let (_, required) = body_fields(cx, op);
    let named = own || required.contains(&confirm);
    cx.expect(
        named,
        "confirm",
        &op.key("x-confirm"),
        format!("`{confirm}` is no required argument of the operation"),
    );
}

fn cost(cx: &mut Cx<'_>, op: &Operation<'_>) {
    cx.expect(
        op.value.get("x-cost").is_none() || said(op.value, "x-cost"),
        "cost",
        &op.key("x-cost"),
        "the cost is no text",
    );
}

/// Names of the body's fields with their owners' places, and the required ones; the arms of a flattened union are one field elsewhere.
fn body_fields<'a>(cx: &Cx<'a>, op: &Operation<'a>) -> (Vec<&'a str>, Vec<&'a str>) {
    let Some(body) = op.body.and_then(|body| refs::resolve(cx.root, body)) else {
        return (Vec::new(), Vec::new());
    };
    let parts = items(body, "allOf")
        .iter()
        .filter_map(|part| refs::resolve(cx.root, part))
        .chain([body]);
    let parts: Vec<_> = parts.collect();
    let names = parts
        .iter()
        .flat_map(|part| members(part, "properties").map(|(name, _)| name))
        .collect();
    (
        names,
        parts
            .iter()
            .flat_map(|part| texts(part, "required"))
            .collect(),
    )
}

fn headers(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let runtimes = op
        .placed("header")
        .map(|(at, parameter)| (text(parameter, "x-runtime"), at.clone()));
    for (runtime, at) in repeated(runtimes.filter(|(runtime, _)| !runtime.is_empty())) {
        cx.report(
            "header-runtime",
            &at,
            format!("a second parameter with `x-runtime: {runtime}`"),
        );
    }
}

fn placeholders(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let template: Vec<_> = op
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect();
    for name in &template {
        let declared = op
            .placed("path")
            .any(|(_, parameter)| text(parameter, "name") == *name);
        cx.expect(
            declared,
            "path-param-undeclared",
            &op.at,
            format!("the path names `{name}`, which is no parameter"),
        );
    }
    for (at, parameter) in op.placed("path") {
        let name = text(parameter, "name");
        cx.expect(
            template.contains(&name),
            "path-param-unused",
            at,
            format!("`{name}` does not occur in the path"),
        );
    }
}

fn arguments(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let query = op.placed("query").count();
    cx.expect(
        query == 0 || op.value.get("requestBody").is_none(),
        "query-and-body",
        &op.at,
        "query parameters stand beside a body",
    );
    let own = op
        .placed("path")
        .chain(op.placed("query"))
        .map(|(_, parameter)| text(parameter, "name"));
    let wires: Vec<_> = own.chain(body_fields(cx, op).0).collect();
    let names: Vec<_> = wires.iter().map(|wire| names::snake(wire)).collect();
    cx.collisions(
        &op.at,
        "the arguments",
        names.iter().map(String::as_str).zip(wires.iter().copied()),
    );
}

fn body(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let Some(body) = op.value.get("requestBody") else {
        return;
    };
    let at = op.key("requestBody");
    cx.expect(op.method != "get", "body-shape", &at, "a GET has a body");
    cx.expect(
        flag(body, "required"),
        "body-shape",
        &at,
        "the body is not required",
    );
    cx.described(body, &at, "the body");
    content_type(cx, body, &at);
    let Some(schema) = op.body else { return };
    let component = refs::schema_name(schema).is_some()
        && refs::resolve(cx.root, schema).is_some_and(schema::has_fields);
    cx.expect(
        component,
        "body-shape",
        &format!("{at}/content/application~1json/schema"),
        "the body is no object component",
    );
}

fn content_type(cx: &mut Cx<'_>, node: &Value, at: &str) {
    let types: Vec<_> = members(node, "content").map(|(name, _)| name).collect();
    cx.expect(
        types == [JSON],
        "content-type",
        at,
        format!("the content types are [{}]", types.join(", ")),
    );
}

fn responses(cx: &mut Cx<'_>, op: &Operation<'_>) {
    let at = op.key("responses");
    for status in ["200", "4XX", "5XX"] {
        let there = members(op.value, "responses").any(|(found, _)| found == status);
        cx.expect(
            there,
            "response-missing",
            &at,
            format!("the answer \"{status}\" is missing"),
        );
    }
    for (status, response) in members(op.value, "responses") {
        let own = join(&at, status);
        let Some(answer) = refs::resolve(cx.root, response) else {
            continue;
        };
        content_type(cx, answer, &own);
        let Some(schema) = answer
            .get("content")
            .and_then(|content| content.get(JSON)?.get("schema"))
        else {
            continue;
        };
        match status {
            "200" => envelope(
                cx,
                schema,
                &format!("{own}/content/application~1json/schema"),
            ),
            "4XX" | "5XX" => {
                let found = refs::resolve(cx.root, schema).filter(|_| {
                    refs::target(schema).is_some() && refs::target(schema) == error_schema(cx.root)
                });
                let has = |name| {
                    found.is_some_and(|schema| {
                        members(schema, "properties").any(|(property, _)| property == name)
                    })
                };
                cx.expect(
                    has("code") && has("message"),
                    "error-schema",
                    &own,
                    "this answer does not have the shape of all other errors",
                );
            }
            _ => cx.report(
                "response-extra",
                &own,
                format!("there is an answer \"{status}\""),
            ),
        }
    }
}

/// The schema of the first error answer of the document, which all others must share.
fn error_schema(root: &Value) -> Option<&str> {
    members(root, "paths")
        .flat_map(|(_, item)| {
            ["get", "post", "put", "delete"]
                .into_iter()
                .filter_map(|method| item.get(method))
        })
        .flat_map(|operation| members(operation, "responses"))
        .filter(|(status, _)| matches!(*status, "4XX" | "5XX"))
        .find_map(|(_, response)| {
            refs::resolve(root, response)?
                .get("content")?
                .get(JSON)?
                .get("schema")
                .and_then(refs::target)
        })
}

fn envelope(cx: &mut Cx<'_>, schema: &Value, at: &str) {
    let names: Vec<_> = members(schema, "properties")
        .map(|(name, _)| name)
        .collect();
    let whole = text(schema, "type") == "object" && texts(schema, "required") == ["code"];
    let named = matches!(
        names.as_slice(),
        ["code", "message"] | ["code", "message", "data"]
    );
    cx.expect(
        whole && named,
        "envelope",
        at,
        format!(
            "the answer is no envelope: its keys are [{}]",
            names.join(", ")
        ),
    );
    for (name, property) in members(schema, "properties") {
        let at = format!("{at}/properties/{name}");
        let component =
            refs::resolve(cx.root, property).filter(|_| refs::target(property).is_some());
        let fits = match name {
            "data" => component.is_some_and(schema::has_fields) || is_list_form(property),
            _ => component.is_some_and(|schema| {
                matches!(
                    (name, text(schema, "type")),
                    ("code", "integer") | ("message", "string")
                )
            }),
        };
        cx.expect(
            fits,
            "envelope",
            &at,
            format!("`{name}` has another form than an envelope's"),
        );
    }
}

fn parameter(cx: &mut Cx<'_>, at: &str, parameter: &Value) {
    let (name, place) = (text(parameter, "name"), text(parameter, "in"));
    cx.described(parameter, at, &format!("the parameter `{name}`"));
    let runtime = text(parameter, "x-runtime");
    let fits = (place == "header") == matches!(runtime, "project" | "request-id" | "language");
    cx.expect(
        fits,
        "header-runtime",
        at,
        format!("`{name}` stands in {place} with the runtime role `{runtime}`"),
    );
    if place == "cookie" {
        cx.report_with(
            "unsupported",
            &join(at, "in"),
            "cookies are not supported",
            "write `in: path`, `query` or `header`",
        );
    }
    cx.expect(
        place != "path" || flag(parameter, "required"),
        "path-param-optional",
        at,
        format!("`{name}` is not required"),
    );
    if let Some(aliases) = parameter.get("x-aliases") {
        schema::alias_list(cx, &join(at, "x-aliases"), aliases, name);
    }
    let Some(schema) = parameter.get("schema") else {
        return;
    };
    schema::check_inline(
        cx,
        &join(at, "schema"),
        schema,
        if place == "header" {
            Place::Header
        } else {
            Place::Parameter
        },
        name,
    );
    let behind = cx.behind(schema);
    let (style, explode) = (parameter.get("style"), parameter.get("explode"));
    let listed = text(behind, "type") == "array" && place == "query";
    let fits = if listed {
        style == Some(&"form".into()) && explode == Some(&false.into())
    } else {
        style.is_none() && explode.is_none()
    };
    let message = if listed {
        "a list in the query has no agreed form"
    } else {
        "`style` and `explode` are for lists in the query"
    };
    cx.expect(fits, "query-array-style", at, message);
    let value = if listed {
        behind
            .get("items")
            .map(|items| cx.behind(items))
            .unwrap_or(behind)
    } else {
        behind
    };
    if schema::has_fields(value)
        || text(value, "type") == "array"
        || (place == "path" && text(value, "type") == "boolean")
    {
        cx.report_with(
            "unsupported",
            at,
            format!("`{name}` cannot be written into the {place}"),
            "use a text, a number or a list of them",
        );
    }
    let wanted =
        place != "header" && flag(parameter, "required") && parameter.get("example").is_none();
    cx.expect(
        !wanted,
        "example-missing",
        at,
        format!("the required parameter `{name}` has no example"),
    );
    fits_schema(cx, schema, parameter.get("example"), &join(at, "example"));
}

/// Every body and every answer has an example, and each one fits.
fn examples(cx: &mut Cx<'_>, at: &str, media: &Value) {
    let (one, many) = (media.get("example"), members(media, "examples").count());
    cx.expect(
        one.is_some() || many > 0,
        "example-missing",
        at,
        "there is no example",
    );
    cx.expect(
        one.is_none() || many == 0,
        "example-mismatch",
        at,
        "`example` and `examples` stand side by side",
    );
    let Some(schema) = media.get("schema") else {
        return;
    };
    let shown = members(media, "examples").map(|(name, named)| {
        (
            join(&join(&join(at, "examples"), name), "value"),
            named.get("value"),
        )
    });
    for (place, value) in shown.chain([(join(at, "example"), one)]) {
        let mut value = value.cloned();
        // Answers without data show the empty `data` that was seen.
        if let Some(envelope) = value
            .as_mut()
            .and_then(Value::as_object_mut)
            .filter(|_| at.contains("/responses/"))
        {
            let declared = refs::resolve(cx.root, schema).is_some_and(|schema| {
                members(schema, "properties").any(|(name, _)| name == "data")
            });
            let empty = envelope.get("data").is_some_and(|data| {
                data.is_null() || data.as_object().is_some_and(|data| data.is_empty())
            });
            if empty && !declared {
                envelope.shift_remove("data");
            }
        }
        fits_schema(cx, schema, value.as_ref(), &place);
    }
}

/// Reports where an example does not fit.
pub(super) fn fits_schema(cx: &mut Cx<'_>, schema: &Value, value: Option<&Value>, at: &str) {
    for (at, message) in value
        .map(|value| example::mismatches(cx.root, schema, value, at))
        .unwrap_or_default()
    {
        cx.report("example-mismatch", &at, message);
    }
}
