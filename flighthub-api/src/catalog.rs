//! All operations as data: by id, from JSON arguments, with their argument schemas and texts.

use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What the catalogue says about one operation beyond [`OperationInfo`](crate::OperationInfo).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Id (`task.create`).
    pub id: String,
    /// One line on what it does.
    pub summary: String,
    /// The long text, Markdown.
    pub description: String,
    /// Page of the documentation.
    #[serde(default)]
    pub documentation: Option<Documentation>,
    /// JSON Schema of the arguments as one object; `$ref`s point into [`Catalogue::definitions`].
    pub arguments: Value,
    /// Arguments as in the documentation's example.
    #[serde(default)]
    pub example: Map<String, Value>,
}

/// A page of the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Documentation {
    /// What the page is, and when it was last read.
    pub description: String,
    /// Its address.
    pub url: String,
}

/// The texts and argument schemas of all operations.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Catalogue {
    /// The operations, in the order of the documentation.
    pub operations: Vec<Entry>,
    /// The schemas that arguments refer to as `#/$defs/Name`.
    #[serde(rename = "$defs", default)]
    pub definitions: Map<String, Value>,
}

impl Catalogue {
    /// The catalogue of V1.0.
    ///
    /// It is read once; the text is part of the crate and guarded by a test.
    #[must_use]
    pub fn v1() -> &'static Self {
        static V1: OnceLock<Catalogue> = OnceLock::new();
        V1.get_or_init(|| {
            serde_json::from_str(crate::generated::v1::CATALOGUE_JSON)
                .unwrap_or_else(|_| Self { operations: Vec::new(), definitions: Map::new() })
        })
    }

    /// The entry of an operation.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.operations.iter().find(|entry| entry.id == id)
    }

    /// Follows the `$ref`s of an argument schema; any other schema is itself.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|reference| reference.strip_prefix("#/$defs/"));
        // An id that widens to another refers to it.
        match name.and_then(|name| self.definitions.get(name)) {
            Some(definition) => self.resolve(definition),
            None => schema,
        }
    }
}

/// Arguments that are none of an operation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentError {
    operation: String,
    path: String,
    problem: String,
}

impl ArgumentError {
    pub(crate) fn unknown_operation(id: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let nearest = known.map(|other| (distance(id, other), other)).min();
        let hint = match nearest {
            Some((steps, other)) if steps <= id.len().max(3) / 2 => {
                format!("; the nearest is `{other}`")
            }
            _ => "; an id is `group.method`, such as `task.get`".to_owned(),
        };
        Self {
            operation: id.to_owned(),
            path: String::new(),
            problem: format!("there is no such operation{hint}"),
        }
    }

    /// Id that was asked for.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// JSON path of the argument, empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if !self.path.is_empty() {
            write!(f, "argument `{}`: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ArgumentError {}

/// Reads an operation from its arguments as one JSON object. Unknown fields and illegal combinations are errors.
pub(crate) fn read_arguments<O: DeserializeOwned>(
    id: &str,
    json: &str,
) -> Result<O, ArgumentError> {
    crate::wire::from_text(json).map_err(|error| ArgumentError {
        operation: id.to_owned(),
        path: if error.path() == "." { String::new() } else { error.path().to_owned() },
        problem: error.message().to_owned(),
    })
}

/// Edit distance, for "did you mean".
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.iter().enumerate() {
            let step = (diagonal + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], step);
        }
    }
    row[right.len()]
}

/// Makes the enum over all operations.
macro_rules! operations {
    ($($name:ident = $id:literal),* $(,)?) => {
        /// Any operation, for callers that learn only at run time which one it is.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyOperation {
            $(
                #[doc = concat!("`", $id, "`")]
                $name(Box<$name>),
            )*
        }

        /// The facts of all operations, in the order of the documentation.
        pub const CATALOGUE: &[&$crate::OperationInfo] = &[$(<$name as $crate::Operation>::INFO),*];

        impl AnyOperation {
            /// The facts of the operation.
            #[must_use]
            pub const fn info(&self) -> &'static $crate::OperationInfo {
                match self {
                    $(Self::$name(_) => <$name as $crate::Operation>::INFO,)*
                }
            }

            /// The HTTP request of the call.
            ///
            /// # Errors
            ///
            /// As [`Operation::to_request`](crate::Operation::to_request).
            pub fn to_request(&self) -> Result<$crate::RequestParts, $crate::InvalidArgument> {
                match self {
                    $(Self::$name(operation) => $crate::Operation::to_request(&**operation),)*
                }
            }

            /// The HTTP request of the call with its secrets masked, for dry runs and logs.
            ///
            /// # Errors
            ///
            /// As [`Operation::to_request`](crate::Operation::to_request).
            pub fn preview(&self) -> Result<$crate::RequestParts, $crate::InvalidArgument> {
                match self {
                    $(Self::$name(operation) => $crate::request::preview(self.info(), &**operation),)*
                }
            }

            /// Why an answer with code 0 nevertheless says that nothing was done. `data` is the text of the answer's data.
            #[must_use]
            pub fn failure(&self, data: &str) -> Option<&'static str> {
                match self {
                    $(Self::$name(_) => $crate::catalog::failure::<$name>(data),)*
                }
            }

            /// Whether the text of an answer's data holds what the operation promises.
            ///
            /// # Errors
            ///
            /// Where it does not.
            pub fn check_output(&self, data: &str) -> Result<(), $crate::DecodeError> {
                match self {
                    $(Self::$name(_) => {
                        $crate::wire::decode::<<$name as $crate::Operation>::Output>(data).map(|_| ())
                    })*
                }
            }

            /// Reads the text of an answer's data as what the operation of this id promises, and writes it as JSON again: secrets
            /// are masked, and what is not described is left out. `None` when there is no such operation.
            #[must_use]
            pub fn read_output(
                id: &str,
                data: &str,
            ) -> Option<Result<serde_json::Value, $crate::DecodeError>> {
                match id {
                    $($id => Some($crate::catalog::read_output::<$name>(data)),)*
                    _ => None,
                }
            }

            /// The arguments as one JSON object, secrets masked.
            #[must_use]
            pub fn arguments(&self) -> serde_json::Value {
                match self {
                    $(Self::$name(operation) => serde_json::to_value(operation).unwrap_or_default(),)*
                }
            }

            /// Reads an operation from its id and its arguments as one JSON object.
            ///
            /// # Errors
            ///
            /// When there is no such operation, or the arguments are not its: a missing one, an unknown one, a combination
            /// that does not go together.
            pub fn from_args(id: &str, json: &str) -> Result<Self, $crate::ArgumentError> {
                match id {
                    $($id => $crate::catalog::read_arguments::<$name>(id, json).map(Self::from),)*
                    _ => Err($crate::ArgumentError::unknown_operation(id, CATALOGUE.iter().map(|info| info.id))),
                }
            }
        }

        $(
            impl From<$name> for AnyOperation {
                fn from(operation: $name) -> Self {
                    Self::$name(Box::new(operation))
                }
            }
        )*
    };
}
pub(crate) use operations;

/// Why an answer with code 0 nevertheless says that nothing was done.
pub(crate) fn failure<O: crate::Operation>(data: &str) -> Option<&'static str> {
    crate::wire::decode::<O::Output>(data).ok().and_then(|output| O::failure(&output))
}

/// Data as what an operation promises, as JSON with its secrets masked.
pub(crate) fn read_output<O: crate::Operation>(
    data: &str,
) -> Result<Value, crate::wire::DecodeError> {
    let output = crate::wire::decode::<O::Output>(data)?;
    Ok(serde_json::to_value(output).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_operation_gets_the_nearest_one() {
        let error = ArgumentError::unknown_operation(
            "task.craete",
            ["task.create", "task.get"].into_iter(),
        );
        assert_eq!(
            error.to_string(),
            "task.craete: there is no such operation; the nearest is `task.create`"
        );
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
