//! From an operation to an HTTP request, driven by its metadata: path arguments first, then query or body.

use std::fmt;

use bytes::Bytes;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::operation::{Arguments, Method, OperationInfo};
use crate::wire;

/// An HTTP request without host and headers.
///
/// `Debug` leaves out the body, which may hold secrets.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestParts {
    /// Method.
    pub method: Method,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// JSON body.
    pub body: Option<Bytes>,
}

impl RequestParts {
    /// A request from its parts, taken as they are: path and query must be percent-encoded.
    #[must_use]
    pub const fn new(
        method: Method,
        path: String,
        query: Option<String>,
        body: Option<Bytes>,
    ) -> Self {
        Self { method, path, query, body }
    }

    /// Path and query as they stand in a URL.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

impl fmt::Debug for RequestParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("body", &self.body.as_ref().map(|body| format!("{} bytes", body.len())))
            .finish()
    }
}

/// An argument that cannot be sent. Nothing has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidArgument {
    argument: String,
    problem: String,
}

impl InvalidArgument {
    pub(crate) fn new(argument: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { argument: argument.into(), problem: problem.into() }
    }

    /// Name of the argument; empty when it is not one argument's fault.
    #[must_use]
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// What is wrong with it, and what to give instead.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    fn of(mut self, argument: &str) -> Self {
        if self.argument.is_empty() {
            argument.clone_into(&mut self.argument);
        }
        self
    }
}

impl fmt::Display for InvalidArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.argument.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "argument `{}`: {}", self.argument, self.problem)
        }
    }
}

impl std::error::Error for InvalidArgument {}

impl serde::ser::Error for InvalidArgument {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("", message.to_string())
    }
}

/// The request of an operation, with its secrets in the body.
pub(crate) fn to_request<O: Serialize + ?Sized>(
    info: &OperationInfo,
    operation: &O,
) -> Result<RequestParts, InvalidArgument> {
    wire::reveal(|| preview(info, operation))
}

/// The request of an operation with its secrets masked: what a dry run shows.
///
/// # Errors
///
/// As [`Operation::to_request`](crate::Operation::to_request).
pub(crate) fn preview<O: Serialize + ?Sized>(
    info: &OperationInfo,
    operation: &O,
) -> Result<RequestParts, InvalidArgument> {
    let mut walk = Walk::new(info);
    operation.serialize(&mut walk)?;
    walk.finish()
}

/// Whether a text can stand as one path segment. Encoding dots does not help: URL parsers read `%2e%2e` as `..` too.
pub(crate) fn check_segment(text: &str) -> Result<(), InvalidArgument> {
    // As nearly all ids are; nothing of what follows can be said of it.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Ok(());
    }
    let problem = match text {
        "" => "is empty; a path argument needs a value",
        "." | ".." => {
            "is a relative path segment, which would address another operation; give the id itself"
        }
        // Percent-encoded it stays one segment here, but a gateway that decodes too early would walk.
        _ if walks(text)
            || walks(&percent_encoding::percent_decode_str(text).decode_utf8_lossy()) =>
        {
            "holds a relative path, which a gateway could follow to another operation; give the id itself"
        }
        _ if holds_control(text) => {
            "holds a control character, such as a line break pasted with it; give the id alone"
        }
        _ => return Ok(()),
    };
    Err(InvalidArgument::new("", problem))
}

/// Whether a text, read as a path, leads somewhere else.
fn walks(text: &str) -> bool {
    text.split(['/', '\\']).any(|part| matches!(part, "." | ".."))
}

fn holds_control(text: &str) -> bool {
    // Ids are ASCII, which is quicker to look through.
    match text.is_ascii() {
        true => text.bytes().any(|byte| byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    }
}

/// Percent-encodes everything but unreserved characters.
pub(crate) fn encode(text: &str, out: &mut String) {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    // As ids are.
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    const SET: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    out.extend(percent_encoding::utf8_percent_encode(text, SET));
}

/// Takes the fields of an operation one by one and puts them where they belong.
struct Walk<'i> {
    info: &'i OperationInfo,
    /// What is left of the path template.
    template: &'i str,
    path: String,
    query: String,
    body: Vec<u8>,
    /// Key of the map entry that is being written.
    key: String,
}

impl<'i> Walk<'i> {
    fn new(info: &'i OperationInfo) -> Self {
        Self {
            info,
            template: info.path,
            path: String::with_capacity(info.path.len() + 48),
            query: String::new(),
            body: Vec::new(),
            key: String::new(),
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), InvalidArgument> {
        let field = if let Some((before, name, after)) = placeholder(self.template) {
            if name != key {
                return Err(InvalidArgument::new(
                    key,
                    format!(
                        "stands where path argument `{name}` is expected; put path arguments first"
                    ),
                ));
            }
            self.path.push_str(before);
            self.template = after;
            match value.serialize(UrlText { out: &mut self.path, place: Place::Segment }) {
                Ok(true) => Ok(()),
                Ok(false) => check_segment(""),
                Err(error) => Err(error),
            }
        } else if self.info.arguments == Arguments::Body {
            self.put_body(key, value)
        } else {
            self.put_query(key, value)
        };
        field.map_err(|error| error.of(key))
    }

    fn put_query<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        let before = self.query.len();
        if before > 0 {
            self.query.push('&');
        }
        encode(key, &mut self.query);
        self.query.push('=');
        if !value.serialize(UrlText { out: &mut self.query, place: Place::Query })? {
            self.query.truncate(before);
        }
        Ok(())
    }

    fn put_body<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        let custom = |error: serde_json::Error| InvalidArgument::new("", error.to_string());
        let before = self.body.len();
        self.body.push(if before == 0 { b'{' } else { b',' });
        serde_json::to_writer(&mut self.body, key).map_err(custom)?;
        self.body.push(b':');
        let start = self.body.len();
        serde_json::to_writer(&mut self.body, value).map_err(custom)?;
        // JSON has no such numbers: they would be written as null, which means absent.
        if self.body[start..].windows(4).any(|text| text == b"null") {
            wire::check_finite(value)?;
        }
        if &self.body[start..] == b"null" {
            // An absent value is left out: the gateway is known to take null for absent, but not proven to everywhere.
            self.body.truncate(before);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<RequestParts, InvalidArgument> {
        if let Some((_, name, _)) = placeholder(self.template) {
            return Err(InvalidArgument::new(
                name,
                "is missing; every placeholder of the path needs an argument",
            ));
        }
        self.path.push_str(self.template);
        let body = (self.info.arguments == Arguments::Body).then(|| {
            self.body.extend_from_slice(if self.body.is_empty() { b"{}" } else { b"}" });
            Bytes::from(self.body)
        });
        Ok(RequestParts {
            method: self.info.method,
            path: self.path,
            query: (!self.query.is_empty()).then_some(self.query),
            body,
        })
    }
}

/// The first placeholder of a template: what stands before, its name, what stands after.
pub(crate) fn placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl SerializeStruct for &mut Walk<'_> {
    type Ok = ();
    type Error = InvalidArgument;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        self.put(key, value)
    }

    fn end(self) -> Result<(), InvalidArgument> {
        Ok(())
    }
}

impl SerializeMap for &mut Walk<'_> {
    type Ok = ();
    type Error = InvalidArgument;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), InvalidArgument> {
        self.key.clear();
        key.serialize(UrlText { out: &mut self.key, place: Place::Plain }).map(|_| ())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), InvalidArgument> {
        let key = std::mem::take(&mut self.key);
        self.put(&key, value)
    }

    fn end(self) -> Result<(), InvalidArgument> {
        Ok(())
    }
}

impl Serializer for &mut Walk<'_> {
    type Ok = ();
    type Error = InvalidArgument;
    type SerializeSeq = Impossible<(), InvalidArgument>;
    type SerializeTuple = Impossible<(), InvalidArgument>;
    type SerializeTupleStruct = Impossible<(), InvalidArgument>;
    type SerializeTupleVariant = Impossible<(), InvalidArgument>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), InvalidArgument>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, InvalidArgument> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, InvalidArgument> {
        Ok(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), InvalidArgument> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    wire::refuse! {
        serialize_bool(v: bool) -> ();
        serialize_i8(v: i8) -> ();
        serialize_i16(v: i16) -> ();
        serialize_i32(v: i32) -> ();
        serialize_i64(v: i64) -> ();
        serialize_u8(v: u8) -> ();
        serialize_u16(v: u16) -> ();
        serialize_u32(v: u32) -> ();
        serialize_u64(v: u64) -> ();
        serialize_f32(v: f32) -> ();
        serialize_f64(v: f64) -> ();
        serialize_char(v: char) -> ();
        serialize_str(v: &str) -> ();
        serialize_bytes(v: &[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> ();
        serialize_seq(len: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(len: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeStructVariant;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// One path segment.
    Segment,
    /// A query value; lists are joined with commas.
    Query,
    /// An element of a list in a query.
    Element,
    /// A key, as it is.
    Plain,
}

/// Writes a scalar (or a list of scalars, in a query) as text. `false` when there is nothing to write.
struct UrlText<'o> {
    out: &'o mut String,
    place: Place,
}

impl UrlText<'_> {
    fn write(self, text: &str) -> Result<bool, InvalidArgument> {
        match self.place {
            Place::Segment => check_segment(text)?,
            Place::Element if text.contains(',') => {
                return Err(InvalidArgument::new(
                    "",
                    "has an element with a comma, which would be read as two; give each value on its own",
                ));
            }
            Place::Element if text.is_empty() => {
                return Err(InvalidArgument::new(
                    "",
                    "has an empty element, which would be lost; leave it out",
                ));
            }
            Place::Query | Place::Element | Place::Plain => {}
        }
        if self.place == Place::Plain {
            self.out.push_str(text);
        } else {
            encode(text, self.out);
        }
        Ok(true)
    }
}

struct Elements<'o> {
    out: &'o mut String,
    count: usize,
}

impl SerializeSeq for Elements<'_> {
    type Ok = bool;
    type Error = InvalidArgument;

    fn serialize_element<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        if self.count > 0 {
            self.out.push(',');
        }
        self.count += 1;
        value.serialize(UrlText { out: self.out, place: Place::Element }).map(|_| ())
    }

    fn end(self) -> Result<bool, InvalidArgument> {
        // Optional lists that are empty are not written at all: this one is required.
        if self.count == 0 {
            return Err(InvalidArgument::new("", "is an empty list; give at least one value"));
        }
        Ok(true)
    }
}

macro_rules! display {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<bool, InvalidArgument> {
            self.write(&value.to_string())
        }
    )*};
}

impl<'o> Serializer for UrlText<'o> {
    type Ok = bool;
    type Error = InvalidArgument;
    type SerializeSeq = Elements<'o>;
    type SerializeTuple = Impossible<bool, InvalidArgument>;
    type SerializeTupleStruct = Impossible<bool, InvalidArgument>;
    type SerializeTupleVariant = Impossible<bool, InvalidArgument>;
    type SerializeMap = Impossible<bool, InvalidArgument>;
    type SerializeStruct = Impossible<bool, InvalidArgument>;
    type SerializeStructVariant = Impossible<bool, InvalidArgument>;

    display! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_char: char,
    }

    fn serialize_f32(self, value: f32) -> Result<bool, InvalidArgument> {
        wire::check_finite(&value)?;
        self.write(&value.to_string())
    }

    fn serialize_f64(self, value: f64) -> Result<bool, InvalidArgument> {
        wire::check_finite(&value)?;
        self.write(&value.to_string())
    }

    fn serialize_str(self, value: &str) -> Result<bool, InvalidArgument> {
        self.write(value)
    }

    fn serialize_none(self) -> Result<bool, InvalidArgument> {
        Ok(false)
    }

    fn serialize_unit(self) -> Result<bool, InvalidArgument> {
        Ok(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<bool, InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<bool, InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<bool, InvalidArgument> {
        self.write(variant)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'o>, InvalidArgument> {
        if self.place == Place::Query {
            Ok(Elements { out: self.out, count: 0 })
        } else {
            Err(InvalidArgument::new("", "is a list where one value is expected"))
        }
    }

    wire::refuse! {
        serialize_bytes(v: &[u8]) -> bool;
        serialize_unit_struct(name: &'static str) -> bool;
        serialize_tuple(len: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> Self::SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> Self::SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, Timestamp};

    const LIST: OperationInfo =
        OperationInfo::get("thing.list", "Things", "/v0/{place}/thing/{thing_id}/list");
    const MAKE: OperationInfo =
        OperationInfo::post("thing.make", "Things", "/v0/thing/{thing_id}").body();

    #[derive(Serialize)]
    struct List<'a> {
        place: &'a str,
        thing_id: i64,
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        status: Vec<&'a str>,
        #[serde(with = "crate::wire::unix_seconds")]
        since: Option<Timestamp>,
    }

    fn list(place: &str) -> List<'_> {
        List { place, thing_id: 7, name: None, status: vec![], since: None }
    }

    #[test]
    fn arguments_go_into_path_and_query() {
        let operation = List {
            name: Some("a&b=ü 1"),
            status: vec!["x", "y/z"],
            since: Timestamp::from_unix_seconds(1_767_323_045),
            ..list("north fence")
        };
        let parts = to_request(&LIST, &operation).unwrap();
        assert_eq!(parts.path, "/v0/north%20fence/thing/7/list");
        assert_eq!(
            parts.query.as_deref(),
            Some("name=a%26b%3D%C3%BC%201&status=x,y%2Fz&since=1767323045")
        );
        assert_eq!(to_request(&LIST, &list("a")).unwrap().path_and_query(), "/v0/a/thing/7/list");
    }

    #[test]
    fn no_path_argument_leaves_its_segment() {
        for refused in [
            "",
            ".",
            "..",
            "../../admin",
            "..\\..\\admin",
            "%2e%2e",
            "a\nb",
            "a\tb",
            "\0",
            "\u{7f}",
            "\u{85}",
        ] {
            let error = to_request(&LIST, &list(refused)).unwrap_err();
            assert_eq!(error.argument(), "place", "{refused:?}");
        }
        for (given, segment) in [
            ("a/b", "a%2Fb"),
            ("a?x=1#f", "a%3Fx%3D1%23f"),
            ("..;/x", "..%3B%2Fx"),
            ("\u{202e}x", "%E2%80%AEx"),
        ] {
            assert_eq!(
                to_request(&LIST, &list(given)).unwrap().path,
                format!("/v0/{segment}/thing/7/list")
            );
        }
        for element in ["a,b", ""] {
            assert!(to_request(&LIST, &List { status: vec!["x", element], ..list("x") }).is_err());
        }
    }

    #[test]
    fn a_path_argument_that_is_nothing_is_refused() {
        #[derive(Serialize)]
        struct Get {
            thing_id: Option<String>,
        }
        let info = OperationInfo::get("thing.get", "Things", "/v0/thing/{thing_id}/parts");
        let error = to_request(&info, &Get { thing_id: None }).unwrap_err();
        assert_eq!(error.argument(), "thing_id");
    }

    #[test]
    fn a_number_that_is_none_is_refused_and_not_left_out() {
        #[derive(Serialize)]
        struct Put {
            thing_id: i64,
            value: f64,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            line: Vec<Vec<f64>>,
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let put = Put { thing_id: 1, value: bad, line: vec![] };
            assert_eq!(to_request(&MAKE, &put).unwrap_err().argument(), "value");
            let put = Put { thing_id: 1, value: 1.0, line: vec![vec![0.5, bad]] };
            assert_eq!(to_request(&MAKE, &put).unwrap_err().argument(), "line");
            let info = OperationInfo::get("thing.get", "Things", "/v0/{thing_id}");
            let put = Put { thing_id: 1, value: bad, line: vec![] };
            assert_eq!(to_request(&info, &put).unwrap_err().argument(), "value");
        }
    }

    #[test]
    fn a_required_list_is_not_empty() {
        #[derive(Serialize)]
        struct Names {
            names: Vec<String>,
        }
        let info = OperationInfo::get("thing.names", "Things", "/v0/names");
        assert_eq!(to_request(&info, &Names { names: vec![] }).unwrap_err().argument(), "names");
    }

    #[derive(Serialize)]
    struct Make {
        thing_id: String,
        password: Secret,
        note: Option<String>,
        #[serde(flatten)]
        when: When,
    }

    struct When;

    impl Serialize for When {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            #[derive(Serialize)]
            struct At {
                begin_at: i64,
            }
            wire::tagged(serializer, "type", "timed", &At { begin_at: 5 })
        }
    }

    #[test]
    fn arguments_go_into_the_body_and_secrets_only_there() {
        let operation = Make {
            thing_id: "t".into(),
            password: Secret::new("FHCANARY"),
            note: None,
            when: When,
        };
        let parts = to_request(&MAKE, &operation).unwrap();
        assert_eq!(
            parts.body.as_deref(),
            Some(br#"{"password":"FHCANARY","type":"timed","begin_at":5}"#.as_slice())
        );
        assert!(!format!("{parts:?}").contains("FHCANARY"));
        let preview = preview(&MAKE, &operation).unwrap();
        assert_eq!(
            preview.body.as_deref(),
            Some(br#"{"password":"***","type":"timed","begin_at":5}"#.as_slice())
        );
    }
}
