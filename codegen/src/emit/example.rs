//! A call for the documentation of each operation, with the values of the spec's example.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use serde_json::Value;

use super::Types;
use super::models::{Model, law};
use super::operations::request;
use crate::format::{body, rust};
use crate::ir::{Arm, Operation, Output, Scope, Tag, TagValue, TimeForm, Type, TypeKind};

/// A block of Rust that rustdoc compiles; nothing when the example cannot be written as one.
pub(super) fn block(operation: &Operation, tag: &Tag, types: &Types) -> Option<String> {
    let example = Value::Object(operation.examples.arguments.clone());
    let arguments = request(operation, types).example(&example)?;
    let group = tag.groups.iter().find(|group| group.prefix == operation.group)?;
    let (group, method) = (rust(&group.accessor), rust(&operation.method_name));
    let (handle, ty) = match operation.scope {
        Scope::Organization => ("client", "Client"),
        Scope::Project | Scope::Either => ("project", "Project"),
    };
    let on = rust(handle);
    let call = quote!(#on.#group().#method(#arguments).await?;);
    let call = if operation.output == Output::Accepted { call } else { quote!(let answer = #call) };
    let used: Vec<_> = named(call.clone(), types).iter().map(|name| rust(name)).collect();
    let module = rust(types.module);
    let import = quote!(use flighthub_api::#module::{#(#used),*};);
    let shown = body(if used.is_empty() { call } else { quote!(#import #call) })?;
    Some(format!(
        "```rust\n# async fn call({handle}: flighthub_api::{ty}) -> Result<(), Box<dyn std::error::Error>> {{\n{shown}# Ok(())\n# }}\n```"
    ))
}

/// The generated types that are named.
fn named(tokens: TokenStream, types: &Types) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut colons = 0;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => names.extend(named(group.stream(), types)),
            // Behind two colons stands a variant or function.
            TokenTree::Ident(ident) if colons < 2 => {
                let name = ident.to_string();
                if types.get(&name).is_some() || name.ends_with("Args") {
                    names.insert(name);
                }
            }
            _ => {}
        }
        let colon = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ':');
        colons = if colon { colons + 1 } else { 0 };
    }
    names
}

impl Model<'_> {
    /// What `new` takes, from an example.
    fn example(&self, example: &Value) -> Option<TokenStream> {
        let by_name = self.by_name();
        let values = self.required().map(|field| {
            let example = if field.flatten { example } else { example.get(&field.wire)? };
            let value = value(&field.ty, example, self.types, by_name.is_some())?;
            let value = if self.is_optional(field) { quote!(Some(#value)) } else { value };
            let name = rust(&field.name);
            Some(if by_name.is_some() { quote!(#name: #value) } else { value })
        });
        let values = values.collect::<Option<Vec<_>>>()?;
        Some(match by_name {
            Some(by_name) => quote!(#by_name { #(#values),* }),
            None => quote!(#(#values),*),
        })
    }
}

/// A value as Rust. A field takes what is converted already, a parameter converts.
fn value(ty: &Type, example: &Value, types: &Types, field: bool) -> Option<TokenStream> {
    let into = (field && types.is_convertible(ty)).then(|| quote!(.into()));
    Some(match ty {
        Type::Bool => example.as_bool()?.to_token_stream(),
        Type::I32 | Type::I64 => integer(example)?,
        Type::F64 => Literal::f64_unsuffixed(example.as_f64()?).to_token_stream(),
        Type::String | Type::Secret => {
            let text = example.as_str()?;
            quote!(#text #into)
        }
        Type::List(item) => {
            let items = example.as_array()?.iter();
            let items = items.map(|example| value(item, example, types, field));
            let items = items.collect::<Option<Vec<_>>>()?;
            let array = types.is_convertible(item) && !field;
            if array { quote!([#(#items),*]) } else { quote!(vec![#(#items),*]) }
        }
        Type::Named(name) => {
            let value = named_value(name, example, types)?;
            quote!(#value #into)
        }
        Type::Time(TimeForm::Rfc3339) => {
            let text = example.as_str()?;
            quote!(#text.parse()?)
        }
        Type::Time(form) => {
            let seconds = *form == TimeForm::UnixSeconds;
            let from = rust(if seconds { "from_unix_seconds" } else { "from_unix_millis" });
            let number = integer(example)?;
            quote!(flighthub_api::Timestamp::#from(#number).ok_or("out of range")?)
        }
        Type::OpenObject | Type::Listing { .. } => return None,
    })
}

fn integer(example: &Value) -> Option<TokenStream> {
    Some(Literal::i64_unsuffixed(example.as_i64()?).to_token_stream())
}

fn named_value(name: &str, example: &Value, types: &Types) -> Option<TokenStream> {
    let def = types.get(name)?;
    let ty = rust(name);
    let variant = |variant: &str| {
        let variant = rust(variant);
        quote!(#ty::#variant)
    };
    match &def.kind {
        TypeKind::Text { .. } => Some(example.as_str()?.to_token_stream()),
        TypeKind::Integer { .. } => integer(example),
        TypeKind::TextEnum { variants, .. } => {
            let known = variants.iter().find(|known| *example == known.value)?;
            Some(variant(&known.name))
        }
        TypeKind::IntEnum { variants } => {
            let known = variants.iter().find(|known| *example == known.value)?;
            Some(variant(&known.name))
        }
        TypeKind::Struct { fields, .. } => {
            let arguments = Model { name, fields, law: law(def), types }.example(example)?;
            Some(quote!(#ty::new(#arguments)))
        }
        TypeKind::Union { tag, arms } => {
            let is_it = |arm: &&Arm| match &arm.tag {
                TagValue::Text(text) => example[tag] == **text,
                TagValue::Int(value) => example[tag] == *value,
            };
            let arm = arms.iter().find(is_it)?;
            let variant = variant(&arm.name);
            let Some(inner) = &arm.type_name else { return Some(variant) };
            let inner = named_value(inner, example, types)?;
            Some(quote!(#variant(#inner)))
        }
        TypeKind::OpenObject { .. } => None,
    }
}
