//! The plain description between spec and text: what the emitters read and nothing else.
//!
//! Every name stands beside its wire spelling, every order is the order of the spec, and the whole tree is serialisable,
//! so that a test can look at it.

use serde::{Deserialize, Serialize};

/// Everything that one spec document says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// Title of the document.
    pub title: String,
    /// Module of this API version (`v1`).
    pub module: String,
    /// The servers, in spec order.
    pub servers: Vec<Server>,
    /// One entry per tag, in spec order.
    pub tags: Vec<Tag>,
    /// All named types that an operation reaches (or that is a view of such a type), in first-use order.
    pub types: Vec<TypeDef>,
    /// The table of business codes, sorted by code.
    pub error_codes: Vec<ErrorCode>,
    /// JSON Schemas of the types that arguments reach (`$defs` of the catalogue).
    pub argument_defs: serde_json::Map<String, serde_json::Value>,
}

/// A server of the document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Server {
    /// URL, possibly with `{variables}`.
    pub url: String,
    /// Description.
    pub docs: String,
}

/// A tag: one generated file, one or more sugar groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// Name as in the spec (`Task Management`).
    pub name: String,
    /// Module and file name (`task_management`).
    pub module: String,
    /// Description.
    pub docs: String,
    /// Sugar groups of this tag, in spec order.
    pub groups: Vec<Group>,
    /// Operations, in `x-order`.
    pub operations: Vec<Operation>,
}

/// The operations behind one accessor (`client.tasks()`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Prefix of the operation ids (`task`).
    pub prefix: String,
    /// Method on the handles (`tasks`).
    pub accessor: String,
    /// Struct behind it (`Tasks`).
    pub type_name: String,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// Id as in the spec (`task.create`).
    pub id: String,
    /// Request type (`TaskCreate`).
    pub type_name: String,
    /// Group prefix (`task`).
    pub group: String,
    /// Method of the sugar (`create`).
    pub method_name: String,
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: String,
    /// Path template with `{placeholders}`.
    pub path: String,
    /// One-line summary.
    pub summary: String,
    /// Long description (Markdown), possibly empty.
    pub docs: String,
    /// Text and address of the documentation page.
    pub external_docs: Option<ExternalDocs>,
    /// What the `X-Project-Uuid` header is to this call.
    pub scope: Scope,
    /// What the call may do to the world.
    pub risk: Risk,
    /// Whether a repetition is harmless.
    pub retry: Retry,
    /// How the facts are known.
    pub evidence: Evidence,
    /// Argument that names what is acted on.
    pub confirm: Option<String>,
    /// What the call spends.
    pub cost: Option<String>,
    /// Position in the documentation.
    pub order: i64,
    /// Where the arguments that are not in the path go.
    pub arguments: Arguments,
    /// All arguments: path arguments first in template order, then query or body fields in spec order.
    pub fields: Vec<Field>,
    /// What the reply's `data` is.
    pub output: Output,
    /// Examples for contract tests and docs.
    pub examples: Examples,
    /// JSON Schema of the arguments as one object (refs resolved against `$defs` of the catalogue).
    pub argument_schema: serde_json::Value,
    /// JSON pointer of the operation in the spec.
    pub at: String,
}

/// Text and address of a documentation page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExternalDocs {
    /// What the page is, with its id and the date it was last read.
    pub description: String,
    /// Address.
    pub url: String,
}

/// Whether a call is bound to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Scope {
    /// The project header is never sent.
    Organization,
    /// The project header is required.
    Project,
    /// The project header is sent when a project is at hand.
    Either,
}

/// What a call may do to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case"))]
pub enum Risk {
    /// Nothing.
    Read,
    /// Changes something that can be changed again.
    Write,
    /// Can move an aircraft or dock, or destroys for good.
    Dangerous,
}

/// Whether the transport may repeat a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case"))]
pub enum Retry {
    /// Yes.
    Safe,
    /// Never once its bytes may have left.
    Never,
}

/// How path, request and response are known (`seed`, `doc`, `live`, `client`, `other`, `guess`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Of the path.
    pub path: String,
    /// Of the request.
    pub request: String,
    /// Of the response.
    pub response: String,
}

/// Where the arguments beside the path go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Arguments {
    /// There are none, and no body.
    None,
    /// Into the query.
    Query,
    /// Into a JSON body.
    Body,
}

/// What a reply's `data` is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Output {
    /// Nothing is promised.
    Accepted,
    /// A named type.
    Data {
        /// Its name.
        type_name: String,
        /// Says that code 0 can still be a failure: property (Rust name), enum type and variant.
        failed_when: Option<FailedWhen>,
    },
    /// `{"list": [...]}` of a named type.
    Listing {
        /// The item's name.
        item: String,
        /// A bare array (or a lone object) was seen too.
        bare: bool,
    },
}

/// A value of an answer that means failure although the code is 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedWhen {
    /// Field (Rust name).
    pub field: String,
    /// The field's enum type.
    pub enum_type: String,
    /// Its variant.
    pub variant: String,
    /// The wire value.
    pub value: String,
}

/// Examples of one operation, as in the spec.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examples {
    /// All arguments that have an example (path, query and body fields merged into one object).
    pub arguments: serde_json::Map<String, serde_json::Value>,
    /// The request body, as documented.
    pub body: Option<serde_json::Value>,
    /// Successful replies: name and whole envelope.
    pub replies: Vec<(String, serde_json::Value)>,
}

/// A field of a struct or an argument of an operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Rust name (`r#type` for keywords).
    pub name: String,
    /// Wire name.
    pub wire: String,
    /// Description.
    pub docs: String,
    /// Extra facts for the docs, ready to print: unit, range, default.
    pub notes: Vec<String>,
    /// Type, without the `Option` that `required` decides on.
    pub ty: Type,
    /// Must be given (request) or is always there (response).
    pub required: bool,
    /// Can be null on the wire.
    pub nullable: bool,
    /// Where the argument goes; fields of models are `Member`.
    pub place: Place,
    /// What the server sends beyond the schema.
    pub lenient: Vec<Lenient>,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// A tagged union whose fields stand beside the others on the wire (`serde(flatten)`).
    pub flatten: bool,
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Place {
    /// A path segment.
    Path,
    /// A query key.
    Query,
    /// A field of the JSON body.
    Body,
    /// A field of a model.
    Member,
}

/// What the server sends beyond the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case"))]
pub enum Lenient {
    /// A number as text or a text as number.
    IntOrString,
    /// `null` for an empty list.
    NullList,
    /// Seconds where milliseconds are expected, or the reverse.
    SecondsOrMilliseconds,
    /// A lone value for a list of one (or a bare array for `{"list": …}`).
    ArrayOrObject,
    /// An empty text for nothing.
    EmptyStringIsAbsent,
    /// 0 and 1 for false and true.
    BoolOrInt,
    /// A value that does not fit is left out (views).
    OddIsAbsent,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Type {
    /// `bool`
    Bool,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f64`
    F64,
    /// `String`
    String,
    /// Text that must not be shown.
    Secret,
    /// A point in time, with its wire form.
    Time(TimeForm),
    /// `serde_json::Map<String, Value>`
    OpenObject,
    /// `Vec<T>`; in responses `List<T>` when the items are named structs.
    List(Box<Type>),
    /// `{"list": [...]}` nested in a model.
    Listing {
        /// The item.
        item: Box<Type>,
        /// A bare array was seen too.
        bare: bool,
    },
    /// A named type.
    Named(String),
}

/// How a point in time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TimeForm {
    /// RFC 3339 text.
    Rfc3339,
    /// Whole seconds since 1970.
    UnixSeconds,
    /// Whole milliseconds since 1970.
    UnixMillis,
}

/// A named type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Rust name.
    pub name: String,
    /// Description.
    pub docs: String,
    /// Extra facts for the docs.
    pub notes: Vec<String>,
    /// What it is.
    pub kind: TypeKind,
    /// An argument contains it.
    pub in_request: bool,
    /// An answer contains it.
    pub in_response: bool,
    /// Module of the file it goes into: a tag's module, or `common` when two tags or more use it.
    pub module: String,
    /// JSON pointer in the spec.
    pub at: String,
}

/// The kinds of named types.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum TypeKind {
    /// A struct.
    Struct {
        /// Its fields.
        fields: Vec<Field>,
        /// Constant text fields that are written automatically: wire name and value.
        constants: Vec<(String, String)>,
        /// A view of an open object: every field stands alone (`odd-is-absent`).
        view: bool,
    },
    /// An open enum of texts.
    TextEnum {
        /// Its values.
        variants: Vec<Variant<String>>,
        /// Other spellings: other, canonical.
        aliases: Vec<(String, String)>,
    },
    /// An open enum of integers.
    IntEnum {
        /// Its values.
        variants: Vec<Variant<i64>>,
    },
    /// A text newtype (ids, open sets).
    Text {
        /// Numbers are read as text too.
        int_or_string: bool,
        /// It can be turned into this wider id.
        widens_to: Option<String>,
        /// Named constants.
        known: Vec<Variant<String>>,
    },
    /// An integer newtype.
    Integer {
        /// Texts of digits are read too.
        int_or_string: bool,
    },
    /// A union told apart by a tag.
    Union {
        /// Wire name of the tag.
        tag: String,
        /// Its arms.
        arms: Vec<Arm>,
    },
    /// An object of open keys with typed views.
    OpenObject {
        /// The views.
        views: Vec<View>,
    },
}

/// A value of an enum, or a known one of an open set (whose constant it names).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant<T> {
    /// Rust name.
    pub name: String,
    /// Wire value.
    pub value: T,
    /// Meaning.
    pub docs: String,
}

/// An arm of a tagged union.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arm {
    /// Variant name (`Timed`).
    pub name: String,
    /// Value of the tag.
    pub tag: TagValue,
    /// Struct with the arm's other fields; `None` when there are none.
    pub type_name: Option<String>,
    /// Description.
    pub docs: String,
}

/// Value of a tag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum TagValue {
    /// A text.
    Text(String),
    /// An integer.
    Int(i64),
}

/// A typed view of an open object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Method name (`aircraft`).
    pub name: String,
    /// View type.
    pub type_name: String,
    /// The view is one per dynamic key (`81-0-0`) instead of one over all keys.
    pub keyed: bool,
    /// Description of the view type.
    pub docs: String,
}

/// A row of the table of business codes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorCode {
    /// The code.
    pub code: i64,
    /// Constant name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// What to do next.
    pub remedy: String,
    /// Classification (`not-ready`).
    pub kind: String,
    /// A write that got this code had no effect for certain.
    pub refused: bool,
    /// A read may be repeated.
    pub retry: bool,
    /// How it is known.
    pub evidence: String,
}

impl Type {
    /// The named type that a value of this type is or contains.
    pub(crate) fn named(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::List(item) | Self::Listing { item, .. } => item.named(),
            _ => None,
        }
    }
}

impl Output {
    /// The named type that a reply is or lists.
    pub(crate) fn named(&self) -> Option<&str> {
        match self {
            Self::Accepted => None,
            Self::Data { type_name: name, .. } | Self::Listing { item: name, .. } => Some(name),
        }
    }
}

impl TypeDef {
    /// The named types that the definition mentions.
    pub(crate) fn parts(&self) -> Vec<&str> {
        match &self.kind {
            TypeKind::Struct { fields, .. } => fields.iter().filter_map(|f| f.ty.named()).collect(),
            TypeKind::Union { arms, .. } => {
                arms.iter().filter_map(|arm| arm.type_name.as_deref()).collect()
            }
            TypeKind::OpenObject { views } => {
                views.iter().map(|view| view.type_name.as_str()).collect()
            }
            TypeKind::Text { widens_to, .. } => widens_to.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
