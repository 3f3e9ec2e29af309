//! Lists that survive one odd row.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::wire;

/// A list from an answer.
///
/// It derefs to a slice of the rows that could be read. A row that could not be read is kept in [`odd`](Self::odd)
/// instead of costing the others. The service writes an empty list as null; [`was_null`](Self::was_null) keeps the
/// difference, because a null can also mean that the key lacks the rights.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    items: Vec<T>,
    odd: Vec<Odd>,
    null: bool,
}

impl<T> List<T> {
    /// A list of rows.
    #[must_use]
    pub const fn new(items: Vec<T>) -> Self {
        Self { items, odd: Vec::new(), null: false }
    }

    /// The empty list, as the service writes it: null.
    #[must_use]
    pub const fn null() -> Self {
        Self { items: Vec::new(), odd: Vec::new(), null: true }
    }

    /// The rows that could not be read.
    #[must_use]
    pub fn odd(&self) -> &[Odd] {
        &self.odd
    }

    /// Whether the service wrote null (or nothing) instead of a list.
    #[must_use]
    pub const fn was_null(&self) -> bool {
        self.null
    }

    /// The rows that could be read.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }

    /// Takes over the rows of another list that pass, and answers how many did. Odd rows are counted on.
    pub(crate) fn append(
        &mut self,
        other: Self,
        mut pass: impl FnMut(&T) -> bool,
        mut pass_odd: impl FnMut(&Odd) -> bool,
    ) -> usize {
        let before = self.items.len() + self.odd.len();
        self.null &= other.null;
        self.items.extend(other.items.into_iter().filter(|row| pass(row)));
        self.odd.extend(other.odd.into_iter().filter(|odd| pass_odd(odd)));
        self.items.len() + self.odd.len() - before
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::null()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self::new(items)
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self::new(iter.into_iter().collect())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.null && self.items.is_empty() {
            serializer.serialize_none()
        } else {
            self.items.serialize(serializer)
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor { lone: false, marker: PhantomData })
    }
}

/// Reads a list, and a lone object as a list of one.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<List<T>, D::Error> {
    deserializer.deserialize_any(ListVisitor { lone: true, marker: PhantomData })
}

struct ListVisitor<T> {
    lone: bool,
    marker: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<List<T>, E> {
        Ok(List::null())
    }

    fn visit_none<E: de::Error>(self) -> Result<List<T>, E> {
        Ok(List::null())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        if self.lone {
            let item = T::deserialize(de::value::MapAccessDeserializer::new(map))?;
            return Ok(List::new(vec![item]));
        }
        Err(de::Error::invalid_type(de::Unexpected::Map, &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut list = List::new(Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024)));
        if !wire::is_salvaging() {
            while let Some(item) = seq.next_element()? {
                list.items.push(item);
            }
            return Ok(list);
        }
        let mut index = 0;
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            match wire::row(raw.get()) {
                Ok(item) => list.items.push(item),
                Err(problem) => list.odd.push(Odd {
                    index,
                    json: raw.get().to_owned(),
                    problem: problem.to_string(),
                }),
            }
            index += 1;
        }
        Ok(list)
    }
}

/// A row that could not be read.
///
/// Its text may hold signed addresses, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Odd {
    index: usize,
    json: String,
    problem: String,
}

impl Odd {
    /// Position in the list as it came.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The row as it came. It may hold signed addresses: do not log it unseen.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Why it could not be read, with the path of the value.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Odd")
            .field("index", &self.index)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

/// A list that stands on the wire as `{"list": [...]}`.
///
/// It derefs to [`List`], and so to the slice of its rows. A bare array and null are read as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The list.
    pub list: List<T>,
}

impl<T> Listing<T> {
    /// A listing of rows.
    #[must_use]
    pub const fn new(items: Vec<T>) -> Self {
        Self { list: List::new(items) }
    }

    /// The rows that could be read.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.list.into_vec()
    }
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { list: List::null() }
    }
}

impl<T> From<Vec<T>> for Listing<T> {
    /// Rows as the service lists them: none is null.
    fn from(items: Vec<T>) -> Self {
        Self { list: if items.is_empty() { List::null() } else { List::new(items) } }
    }
}

impl<T> FromIterator<T> for Listing<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self::from(iter.into_iter().collect::<Vec<T>>())
    }
}

impl<T> std::ops::Deref for Listing<T> {
    type Target = List<T>;

    fn deref(&self) -> &List<T> {
        &self.list
    }
}

impl<T> IntoIterator for Listing<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Listing<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl<T: Serialize> Serialize for Listing<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Listing", 1)?;
        object.serialize_field("list", &self.list)?;
        object.end()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Listing<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListingVisitor(PhantomData))
    }
}

struct ListingVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ListingVisitor<T> {
    type Value = Listing<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a `list`")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Listing<T>, E> {
        Ok(Listing::default())
    }

    fn visit_none<E: de::Error>(self) -> Result<Listing<T>, E> {
        Ok(Listing::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Listing<T>, A::Error> {
        ListVisitor { lone: false, marker: PhantomData }.visit_seq(seq).map(|list| Listing { list })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing<T>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == "list" {
                if found.is_some() {
                    return Err(de::Error::duplicate_field("list"));
                }
                found = Some(map.next_value()?);
            } else {
                map.next_value::<de::IgnoredAny>()?;
            }
        }
        Ok(found.map_or_else(Listing::default, |list| Listing { list }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Row {
        id: i64,
        #[serde(default)]
        inner: List<Row>,
    }

    fn ids(list: &List<Row>) -> Vec<i64> {
        list.iter().map(|row| row.id).collect()
    }

    #[test]
    fn null_absent_and_bare_arrays_are_lists() {
        for (text, rows, null) in [
            (r#"{"list":null}"#, 0, true),
            (r"{}", 0, true),
            ("null", 0, true),
            (r#"{"list":[]}"#, 0, false),
            (r#"{"list":[{"id":1}],"more":1}"#, 1, false),
            (r#"[{"id":1}]"#, 1, false),
        ] {
            let listing: Listing<Row> = serde_json::from_str(text).unwrap();
            assert_eq!((listing.len(), listing.was_null()), (rows, null), "{text}");
        }
    }

    #[test]
    fn an_odd_row_is_kept_apart_at_every_depth() {
        let text = r#"{"list":[{"id":1,"inner":[{"id":2},{"id":"x"}]},{"id":null},{"id":3}]}"#;
        assert!(serde_json::from_str::<Listing<Row>>(text).is_err(), "the first pass is strict");
        let listing = wire::decode::<Listing<Row>>(text).unwrap();
        assert_eq!(ids(&listing), [1, 3]);
        assert_eq!(listing.odd()[0].index(), 1);
        assert_eq!(listing.odd()[0].json(), r#"{"id":null}"#);
        assert!(listing.odd()[0].problem().contains("id"), "{:?}", listing.odd());
        assert_eq!(ids(&listing[0].inner), [2]);
        assert_eq!(listing[0].inner.odd()[0].index(), 1);
        assert!(!wire::is_salvaging(), "the salvage ends with the call");
    }

    #[test]
    fn empty_listings_are_written_as_the_service_does() {
        assert_eq!(
            serde_json::to_string(&Listing::<Row>::from(vec![])).unwrap(),
            r#"{"list":null}"#
        );
        assert_eq!(serde_json::to_string(&Listing::<Row>::new(vec![])).unwrap(), r#"{"list":[]}"#);
    }
}
