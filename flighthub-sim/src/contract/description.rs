//! An OpenAPI 3.0 document, ready to judge by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::document::{DescriptionError, Node};
use super::schema::{Openness, Validators};
use super::shape::Shape;

/// The document of V1.0, as it was when this was built.
const V1: &str = include_str!("../../spec/flighthub-v1.yaml");

/// A document, ready to judge by.
pub struct Description {
    root: Arc<Value>,
    endpoints: Vec<Endpoint>,
}

/// An operation of the document.
pub struct Endpoint {
    /// `operationId`.
    pub id: String,
    /// Method in capitals.
    pub method: String,
    /// Path template.
    pub path: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) replies: BTreeMap<String, ReplyBody>,
    /// Headers that a security scheme asks for.
    pub(crate) keys: Vec<String>,
    pub(crate) document: Arc<Value>,
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query` or `header`.
    pub(crate) place: String,
    pub(crate) required: bool,
    pub(crate) explode: bool,
    /// The types that its text, or one element of its text, may have.
    pub(crate) types: Vec<String>,
    pub(crate) is_list: bool,
    pub(crate) check: Checked,
    pub(crate) example: Option<Value>,
}

pub(crate) struct Body {
    pub(crate) required: bool,
    pub(crate) check: Checked,
    examples: Vec<(String, Value)>,
}

pub(crate) struct ReplyBody {
    pub(crate) check: Checked,
    examples: Vec<(String, Value)>,
}

/// A schema of the document: as it stands there, and as a validator.
pub(crate) struct Checked {
    pub(crate) schema: Value,
    pub(crate) validator: Arc<Validator>,
}

/// What a header parameter is to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It has to be there.
    Required,
    /// It may be there.
    Optional,
    /// It is not described.
    Absent,
}

/// The document itself is long.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations = self.endpoints.len();
        f.debug_struct("Description").field("operations", &operations).finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.id, self.method, self.path)
    }
}

impl Description {
    /// The description of V1.0, read at the first call.
    ///
    /// # Errors
    ///
    /// Never, unless this was built from a broken document.
    pub fn v1() -> Result<&'static Self, DescriptionError> {
        static READ: OnceLock<Result<Description, DescriptionError>> = OnceLock::new();
        READ.get_or_init(|| Self::read(V1)).as_ref().map_err(Clone::clone)
    }

    /// Reads a document. One that is not understood whole is none.
    ///
    /// # Errors
    ///
    /// Names the place in the document and what is wrong there.
    pub fn read(yaml: &str) -> Result<Self, DescriptionError> {
        let root: Value = serde_yaml::from_str(yaml)
            .map_err(|error| DescriptionError::new("", format!("it is no YAML: {error}")))?;
        let root = Arc::new(root);
        let document = Node::root(&root);
        let mut validators = Validators::new(&document)?;
        let mut endpoints = Vec::new();
        for (path, item) in document.needed("paths")?.members()? {
            for (method, operation) in item.members()? {
                if method != "parameters" {
                    let endpoint =
                        Endpoint::read(path, &item, method, &operation, &mut validators, &root)?;
                    endpoints.push(endpoint);
                }
            }
        }
        Ok(Self { root, endpoints })
    }

    /// The operations, in the order of the document.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The operation of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == id)
    }

    /// The operation that a method and a path mean. Concrete paths are matched before templated ones.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<&Endpoint> {
        let matching = self.endpoints.iter().filter(|one| segments(&one.path, path).is_some());
        let fewest = matching.clone().map(|one| one.path.matches('{').count()).min()?;
        let mut best = matching.filter(|one| one.path.matches('{').count() == fewest);
        best.find(|one| one.method == method)
    }

    /// The `$ref`s that lead nowhere, also where no operation needs them.
    #[must_use]
    pub fn dangling(&self) -> Vec<String> {
        fn walk(root: &Value, value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| walk(root, item, found)),
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let target = reference.strip_prefix('#').and_then(|to| root.pointer(to));
                        if target.is_none() {
                            found.push(reference.clone());
                        }
                    }
                    members.values().for_each(|member| walk(root, member, found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(&self.root, &self.root, &mut found);
        found
    }
}

impl Endpoint {
    fn read(
        path: &str,
        item: &Node<'_>,
        method: &str,
        operation: &Node<'_>,
        validators: &mut Validators<'_>,
        root: &Arc<Value>,
    ) -> Result<Self, DescriptionError> {
        let mut parameters = Vec::new();
        for parameter in
            item.items_of("parameters")?.into_iter().chain(operation.items_of("parameters")?)
        {
            parameters.push(Parameter::read(&parameter.resolved()?, validators)?);
        }
        let body = operation.member("requestBody");
        let body = body.map(|body| Body::read(&body.resolved()?, validators)).transpose()?;
        let mut replies = BTreeMap::new();
        for (status, reply) in operation.needed("responses")?.members()? {
            replies.insert(status.to_owned(), ReplyBody::read(&reply.resolved()?, validators)?);
        }
        Ok(Self {
            id: operation.needed("operationId")?.text()?.to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters,
            body,
            replies,
            keys: keys(operation, validators.root())?,
            document: Arc::clone(root),
        })
    }

    /// The operation's own examples as arguments: those of its parameters, with each of its body. Without a body it is one.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, Map<String, Value>)> {
        let arguments = self.parameters.iter().filter(|one| one.place != "header");
        let arguments: Map<_, _> =
            arguments.filter_map(|one| Some((one.name.clone(), one.example.clone()?))).collect();
        let Some(body) = &self.body else {
            return vec![("example".to_owned(), arguments)];
        };
        let with = |body: &Value| {
            let members = body.as_object().into_iter().flatten();
            let members = members.map(|(key, value)| (key.clone(), value.clone()));
            arguments.clone().into_iter().chain(members).collect()
        };
        body.examples.iter().map(|(name, body)| (name.clone(), with(body))).collect()
    }

    /// Examples of its replies: status as in the document, name, body.
    pub fn replies(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.replies.iter().flat_map(|(status, reply)| {
            let examples = reply.examples.iter();
            examples.map(move |(name, body)| (status.as_str(), name.as_str(), body))
        })
    }

    /// What a header is to it.
    #[must_use]
    pub fn header(&self, name: &str) -> Declared {
        let mut headers = self.parameters.iter().filter(|one| one.place == "header");
        match headers.find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(Parameter { required: true, .. }) => Declared::Required,
            Some(_) => Declared::Optional,
            None if self.keys.iter().any(|key| key.eq_ignore_ascii_case(name)) => {
                Declared::Required
            }
            None => Declared::Absent,
        }
    }

    /// What the description says of a reply with that status.
    pub(crate) fn reply(&self, status: u16) -> Option<&ReplyBody> {
        let (exact, range) = (status.to_string(), format!("{}XX", status / 100));
        self.replies.get(&exact).or_else(|| self.replies.get(&range))
    }

    /// The business codes that the document lists.
    pub(crate) fn knows_code(&self, code: i64) -> bool {
        let codes = self.document.get("x-error-codes").and_then(Value::as_array);
        code == 0 || codes.into_iter().flatten().any(|one| one.get("code") == Some(&code.into()))
    }
}

impl Checked {
    fn read(
        schema: &Node<'_>,
        validators: &mut Validators<'_>,
        openness: Openness,
    ) -> Result<Self, DescriptionError> {
        let validator = validators.of(schema, openness)?;
        Ok(Self { schema: schema.value().clone(), validator })
    }

    pub(crate) fn shape<'d>(&'d self, document: &'d Value) -> Shape<'d> {
        Shape::new(document, &self.schema)
    }
}

impl Parameter {
    fn read(node: &Node<'_>, validators: &mut Validators<'_>) -> Result<Self, DescriptionError> {
        let place = node.needed("in")?.text()?;
        let expected = if place == "query" { "form" } else { "simple" };
        if let Some(style) = node.member("style")
            && style.text()? != expected
        {
            return Err(style.wrong(format!("only the style {expected} is known here")));
        }
        let schema = node.needed("schema")?;
        let shape = Shape::new(schema.document(), schema.value());
        let owned = |types: Vec<&str>| types.into_iter().map(str::to_owned).collect();
        if shape.has_type("object") {
            return Err(schema.wrong("objects in URLs are not known here"));
        }
        let is_list = shape.has_type("array");
        let element = shape.element().filter(|_| is_list);
        Ok(Self {
            name: node.needed("name")?.text()?.to_owned(),
            place: place.to_owned(),
            required: node.is_true("required"),
            explode: node.member("explode").map_or(place == "query", |_| node.is_true("explode")),
            types: owned(element.unwrap_or(shape).types()),
            is_list,
            check: Checked::read(&schema, validators, Openness::Closed)?,
            example: node.member("example").map(|example| example.value().clone()),
        })
    }
}

impl Body {
    fn read(node: &Node<'_>, validators: &mut Validators<'_>) -> Result<Self, DescriptionError> {
        let content = node.needed("content")?.needed("application/json")?;
        Ok(Self {
            required: node.is_true("required"),
            check: Checked::read(&content.needed("schema")?, validators, Openness::Closed)?,
            examples: examples(&content)?,
        })
    }
}

impl ReplyBody {
    fn read(node: &Node<'_>, validators: &mut Validators<'_>) -> Result<Self, DescriptionError> {
        let content = node.needed("content")?.needed("application/json")?;
        Ok(Self {
            check: Checked::read(&content.needed("schema")?, validators, Openness::Open)?,
            examples: examples(&content)?,
        })
    }
}

/// The headers that an operation's security schemes ask for.
fn keys(operation: &Node<'_>, root: &Node<'_>) -> Result<Vec<String>, DescriptionError> {
    let mut found = BTreeSet::new();
    let Some(security) = operation.member("security").or_else(|| root.member("security")) else {
        return Ok(Vec::new());
    };
    let schemes = root.member("components").and_then(|node| node.member("securitySchemes"));
    for one in security.items()? {
        for (name, scheme) in one.members()? {
            let found_scheme = schemes.as_ref().and_then(|schemes| schemes.member(name));
            let found_scheme =
                found_scheme.ok_or_else(|| scheme.wrong("there is no such security scheme"))?;
            found.insert(found_scheme.needed("name")?.text()?.to_owned());
        }
    }
    Ok(found.into_iter().collect())
}

fn examples(content: &Node<'_>) -> Result<Vec<(String, Value)>, DescriptionError> {
    let single = content.member("example").map(|one| ("example".to_owned(), one.value().clone()));
    let mut found: Vec<_> = single.into_iter().collect();
    if let Some(named) = content.member("examples") {
        for (name, example) in named.members()? {
            found.push((name.to_owned(), example.needed("value")?.value().clone()));
        }
    }
    Ok(found)
}

/// The texts at the placeholders, still encoded, when the path is one of the template's.
pub(crate) fn segments<'t, 'p>(
    template: &'t str,
    path: &'p str,
) -> Option<Vec<(&'t str, &'p str)>> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, given) in template.split('/').zip(path.split('/')) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => found.push((name, given)),
            None if wanted == given => {}
            _ => return None,
        }
    }
    Some(found)
}
