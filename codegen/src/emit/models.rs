//! Named types: structs, open enums, ids, unions and open objects.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Types;
use super::docs::{first_sentence, link, sentence, with_notes};
use crate::format::{docs, rust};
use crate::ir::{Arm, Field, Lenient, TagValue, TimeForm, Type, TypeDef, TypeKind, Variant, View};

/// Widest arguments of `serde` that stand in one attribute together.
const ATTRIBUTE: usize = 72;

/// A definition with everything that belongs to it.
pub(super) fn definition(def: &TypeDef, types: &Types) -> TokenStream {
    let name = rust(&def.name);
    let docs = docs(&with_notes(&sentence(&def.docs), &def.notes));
    let lenient = |is: &bool| is.then(|| quote!(, int_or_string));
    let items = match &def.kind {
        TypeKind::Struct { fields, constants, .. } => {
            Model { name: &def.name, fields, law: law(def), types }.definition(constants.first())
        }
        TypeKind::TextEnum { variants, aliases } => text_enum(&def.name, variants, aliases),
        TypeKind::IntEnum { variants } => int_enum(&def.name, variants),
        TypeKind::Text { int_or_string, widens_to, known } => {
            let lenient = lenient(int_or_string);
            let wider = widens_to.as_ref().map(|wider| {
                conversion(&name, &rust(wider), quote!(value), quote!(Self::new(value.0)))
            });
            let known = known_values(&name, known);
            quote! {
                #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
                pub struct #name(String);
                text_id!(#name #lenient);
                #wider
                #known
            }
        }
        TypeKind::Integer { int_or_string } => {
            let lenient = lenient(int_or_string);
            quote! {
                #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
                pub struct #name(i64);
                integer_id!(#name #lenient);
            }
        }
        TypeKind::Union { tag, arms } => union(def, tag, arms),
        TypeKind::OpenObject { views } => open_object(&name, views),
    };
    TokenStream::from_iter([docs, items])
}

/// The law of a struct.
pub(super) fn law(def: &TypeDef) -> Law {
    match (def.in_request, def.in_response) {
        _ if matches!(def.kind, TypeKind::Struct { view: true, .. }) => Law::View,
        (true, true) => Law::Shared,
        (true, false) => Law::Request,
        (false, _) => Law::Response,
    }
}

/// By which law a struct is read and written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    /// Arguments: closed, nothing is read leniently.
    Request,
    /// Answers: open, absent lists are empty.
    Response,
    /// Both: as answers, but absent lists are not sent.
    Shared,
    /// A part of an open object: every field stands alone.
    View,
}

/// A struct of a request, an answer, or both.
pub(super) struct Model<'a> {
    pub(super) name: &'a str,
    pub(super) fields: &'a [Field],
    pub(super) law: Law,
    pub(super) types: &'a Types<'a>,
}

impl Model<'_> {
    /// The struct and, when callers make it, its constructor.
    pub(super) fn definition(&self, constant: Option<&(String, String)>) -> TokenStream {
        let made = matches!(self.law, Law::Request | Law::Shared);
        let empty = self.required().next().is_none();
        let default = (self.law == Law::View || made && empty).then(|| quote!(Default,));
        let tag = constant.map(|(tag, value)| quote!(#[serde(tag = #tag, rename = #value)]));
        let attributes = if self.law == Law::Request {
            // Only tools read what callers make; nobody else pays for that.
            let open = constant.is_some() || self.fields.iter().any(|field| field.flatten);
            let closed = (!open).then(|| quote!(, serde(deny_unknown_fields)));
            quote! {
                #[derive(Debug, Clone, #default PartialEq, Serialize)]
                #tag
                #[cfg_attr(feature = "catalog", derive(Deserialize) #closed)]
                #[non_exhaustive]
            }
        } else {
            quote! {
                #[derive(Debug, Clone, #default PartialEq, Serialize, Deserialize)]
                #tag
                #[cfg_attr(not(feature = "server"), non_exhaustive)]
            }
        };
        let name = rust(self.name);
        let fields = self.fields.iter().map(|field| {
            let mut text = with_notes(&field.docs, &field.notes);
            if text.is_empty() {
                text = format!("`{}` on the wire.", field.wire);
            }
            let docs = docs(&sentence(&text));
            let attributes = self.attributes(field);
            let (name, ty) = (rust(&field.name), self.ty(field));
            quote!(#docs #attributes pub #name: #ty)
        });
        let constructor = made.then(|| self.constructor());
        quote! {
            #attributes
            pub struct #name { #(#fields),* }
            #constructor
        }
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.required)
    }

    /// The arguments of `serde`: how a field is called, what absence means, who reads and writes it.
    fn attributes(&self, field: &Field) -> TokenStream {
        if field.flatten {
            return quote!(#[serde(flatten)]);
        }
        let mut naming = Vec::new();
        if field.wire != field.name.trim_start_matches("r#") {
            let wire = &field.wire;
            naming.push(quote!(rename = #wire));
        }
        if self.law != Law::Request {
            naming.extend(field.aliases.iter().map(|alias| quote!(alias = #alias)));
        }
        let holder = self.holder(&field.ty);
        let mut presence = Vec::new();
        if (holder.is_some() || self.is_optional(field))
            && (self.law != Law::Request || !field.required)
        {
            presence.push(quote!(default));
            let skipped = match holder {
                None => Some("Option::is_none"),
                _ if self.law == Law::Response || self.law == Law::Shared && field.required => None,
                Some("Vec") => Some("Vec::is_empty"),
                Some("List") => Some("List::was_null"),
                _ => None,
            };
            presence.extend(skipped.map(|test| quote!(skip_serializing_if = #test)));
        }
        let mut groups = vec![naming, presence];
        groups.extend(self.codec(field).into_iter().map(|codec| vec![codec]));
        groups.retain(|group| !group.is_empty());
        let all = groups.concat();
        if groups.len() > 1 && quote!(#(#all),*).to_string().len() <= ATTRIBUTE {
            groups = vec![all];
        }
        quote!(#(#[serde(#(#groups),*)])*)
    }

    /// What reads (and writes) a field other than its own type does.
    fn codec(&self, field: &Field) -> Vec<TokenStream> {
        let is = |lenient| field.lenient.contains(&lenient);
        if let Some(form) = time_form(&field.ty) {
            let form = match (form, is(Lenient::SecondsOrMilliseconds)) {
                (TimeForm::Rfc3339, _) => "wire::rfc3339",
                (TimeForm::UnixSeconds, false) => "wire::unix_seconds",
                (TimeForm::UnixSeconds, true) => "wire::unix_seconds_or_millis",
                (TimeForm::UnixMillis, false) => "wire::unix_millis",
                (TimeForm::UnixMillis, true) => "wire::unix_millis_or_seconds",
            };
            if self.law != Law::View {
                return vec![quote!(with = #form)];
            }
            let (write, read) = (format!("{form}::serialize"), format!("{form}::tolerant"));
            return vec![quote!(serialize_with = #write), quote!(deserialize_with = #read)];
        }
        let reader = match (&field.ty, self.law) {
            (_, Law::Request) => return Vec::new(),
            (_, Law::View) => "wire::tolerant",
            (Type::List(_), _) if is(Lenient::ArrayOrObject) => "wire::one_or_many",
            (Type::List(_), _) if self.holder(&field.ty) == Some("Vec") => "wire::null_is_empty",
            (Type::List(_) | Type::Listing { .. }, _) => return Vec::new(),
            _ if is(Lenient::OddIsAbsent) && self.is_optional(field) => "wire::tolerant",
            (Type::Bool, _) if is(Lenient::BoolOrInt) => "wire::bool_or_int",
            (Type::String | Type::I32 | Type::I64 | Type::F64, _) if is(Lenient::IntOrString) => {
                "wire::int_or_string"
            }
            _ if is(Lenient::EmptyStringIsAbsent) && self.is_optional(field) => {
                "wire::empty_is_absent"
            }
            _ => return Vec::new(),
        };
        vec![quote!(deserialize_with = #reader)]
    }

    /// Whether the field is an `Option`.
    pub(super) fn is_optional(&self, field: &Field) -> bool {
        let list = matches!(field.ty, Type::List(_) | Type::Listing { .. });
        let absent = self.law == Law::View || !field.required || field.nullable;
        absent && !list && !field.flatten
    }

    /// The type of a field.
    fn ty(&self, field: &Field) -> TokenStream {
        let plain = self.plain(&field.ty);
        if self.is_optional(field) { quote!(Option<#plain>) } else { plain }
    }

    fn plain(&self, ty: &Type) -> TokenStream {
        rust(match ty {
            Type::Bool => "bool",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::F64 => "f64",
            Type::String => "String",
            Type::Secret => "Secret",
            Type::Time(_) => "Timestamp",
            Type::OpenObject => "Object",
            Type::Named(name) => name,
            Type::List(item) | Type::Listing { item, .. } => {
                let (holder, item) = (self.holder(ty).map(rust), self.plain(item));
                return quote!(#holder<#item>);
            }
        })
    }

    /// What holds the items of a list.
    fn holder(&self, ty: &Type) -> Option<&'static str> {
        match (ty, self.law) {
            (Type::List(item), Law::Shared) if self.types.is_row(item) => Some("List"),
            (Type::List(_), Law::Response) if time_form(ty).is_none() => Some("List"),
            (Type::List(_), _) => Some("Vec"),
            (Type::Listing { .. }, _) => Some("Listing"),
            _ => None,
        }
    }

    /// `new` with the required arguments; with more than four, a struct that names them.
    fn constructor(&self) -> TokenStream {
        let name = rust(self.name);
        let required = self.required().count();
        let by_name = self.by_name().map(|by_name| {
            let docs = docs(&format!("The required arguments of {}, by name.", link(self.name)));
            let fields = self.required().map(|field| {
                let docs = self::docs(&first_sentence(&field.docs));
                let (name, ty) = (rust(&field.name), self.ty(field));
                quote!(#docs pub #name: #ty)
            });
            quote! {
                #docs
                #[derive(Debug, Clone, PartialEq)]
                pub struct #by_name { #(#fields),* }
            }
        });
        let docs = docs(match self.fields.len() - required {
            _ if self.fields.is_empty() => "The call, which takes no arguments.",
            0 => "With all arguments.",
            _ if required == 0 => "Without any of the optional arguments.",
            _ => "With the required arguments.",
        });
        let parameters = self.parameters();
        let body = if required == 0 {
            quote!(Self::default())
        } else {
            let values = self.fields.iter().map(|field| self.initial(field));
            quote!(Self { #(#values),* })
        };
        quote! {
            #by_name
            impl #name {
                #docs
                pub fn new(#parameters) -> Self {
                    #body
                }
            }
        }
    }

    /// The struct that `new` takes when there are too many arguments for a list.
    pub(super) fn by_name(&self) -> Option<TokenStream> {
        (self.required().count() > 4).then(|| rust(&format!("{}Args", self.name)))
    }

    /// Parameters of `new`.
    pub(super) fn parameters(&self) -> TokenStream {
        if let Some(by_name) = self.by_name() {
            return quote!(arguments: #by_name);
        }
        let parameters = self.required().map(|field| {
            let (name, ty) = (rust(&field.name), self.given(field).0);
            quote!(#name: #ty)
        });
        quote!(#(#parameters),*)
    }

    /// What a caller gives to `new` as it is called there.
    pub(super) fn arguments(&self) -> TokenStream {
        if self.by_name().is_some() {
            return quote!(arguments);
        }
        let names = self.required().map(|field| rust(&field.name));
        quote!(#(#names),*)
    }

    /// Type of a parameter, and the calls that turn it into the field.
    fn given(&self, field: &Field) -> (TokenStream, Option<TokenStream>) {
        let ty = self.ty(field);
        match &field.ty {
            Type::List(item) if self.types.is_convertible(item) => {
                let item = self.plain(item);
                let collect = quote!(.into_iter().map(Into::into).collect());
                (quote!(impl IntoIterator<Item = impl Into<#item>>), Some(collect))
            }
            Type::List(item) if self.holder(&field.ty) == Some("List") => {
                let item = self.plain(item);
                (quote!(Vec<#item>), Some(quote!(.into())))
            }
            plain if self.types.is_convertible(plain) && !self.is_optional(field) => {
                (quote!(impl Into<#ty>), Some(quote!(.into())))
            }
            _ => (ty, None),
        }
    }

    /// A field with its value in `new`.
    fn initial(&self, field: &Field) -> TokenStream {
        let name = rust(&field.name);
        if !field.required {
            return match self.holder(&field.ty) {
                Some("Vec") => quote!(#name: Vec::new()),
                Some(holder) => {
                    let holder = rust(holder);
                    quote!(#name: #holder::default())
                }
                None => quote!(#name: None),
            };
        }
        match self.given(field).1 {
            _ if self.by_name().is_some() => quote!(#name: arguments.#name),
            None => name,
            Some(calls) => quote!(#name: #name #calls),
        }
    }
}

fn time_form(ty: &Type) -> Option<TimeForm> {
    match ty {
        Type::Time(form) => Some(*form),
        Type::List(item) => time_form(item),
        _ => None,
    }
}

fn text_enum(name: &str, values: &[Variant<String>], aliases: &[(String, String)]) -> TokenStream {
    let known = values.iter().map(|Variant { name, value, .. }| {
        let name = rust(name);
        quote!((#value, Self::#name))
    });
    let pairs = aliases.iter().map(|(other, known)| quote!((#other, #known)));
    let aliases = (!aliases.is_empty())
        .then(|| quote!(const ALIASES: &'static [(&'static str, &'static str)] = &[#(#pairs),*];));
    let items = quote! {
        const KNOWN: &'static [(&'static str, Self)] = &[#(#known),*];
        #aliases
    };
    open_enum(name, &variants(values), "Text", &items)
}

fn int_enum(name: &str, values: &[Variant<i64>]) -> TokenStream {
    let known = values.iter().map(|Variant { name, value, .. }| {
        let (value, variant) = (Literal::i64_unsuffixed(*value), rust(name));
        quote!((#value, #name, Self::#variant))
    });
    let items = quote!(const KNOWN: &'static [(i64, &'static str, Self)] = &[#(#known),*];);
    open_enum(name, &variants(values), "Int", &items)
}

/// An enum that keeps values that it does not know; `items` are those of its trait that depend on the type of the values.
fn open_enum(name: &str, variants: &TokenStream, of: &str, items: &TokenStream) -> TokenStream {
    let (ident, law, unknown) =
        (rust(name), rust(&format!("{of}Enum")), rust(&format!("Unknown{of}")));
    let call = rust(&format!("{}_enum", of.to_lowercase()));
    let (copy, reference, copied) = match of {
        "Int" => (Some(quote!(Copy,)), None, Some(quote!(*))),
        _ => (None, Some(quote!(&)), None),
    };
    quote! {
        #[derive(Debug, Clone, #copy PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #variants
            Unknown(#unknown),
        }
        impl #law for #ident {
            const NAME: &'static str = #name;
            #items
            fn unknown(value: #unknown) -> Self {
                Self::Unknown(value)
            }
            fn as_unknown(&self) -> Option<#reference #unknown> {
                match self {
                    Self::Unknown(value) => Some(#copied value),
                    _ => None,
                }
            }
        }
        #call!(#ident);
    }
}

/// The known variants of an open enum, and the docs of the one for all others.
fn variants<T>(values: &[Variant<T>]) -> TokenStream {
    let variants = values.iter().map(|Variant { name, docs, .. }| {
        let (docs, name) = (self::docs(&sentence(docs)), rust(name));
        quote!(#docs #name)
    });
    quote! {
        #(#variants,)*
        /// A value that this version does not know, kept as it came.
    }
}

/// The constants of an open set.
fn known_values(name: &TokenStream, known: &[Variant<String>]) -> Option<TokenStream> {
    let constants = known.iter().map(|Variant { name, value, docs }| {
        let (docs, name) = (self::docs(&sentence(docs)), rust(name));
        quote!(#docs pub const #name: &'static str = #value;)
    });
    (!known.is_empty()).then(|| quote!(impl #name { #(#constants)* }))
}

/// `impl From<A> for B`
fn conversion(
    from: &TokenStream,
    to: &TokenStream,
    name: TokenStream,
    value: TokenStream,
) -> TokenStream {
    quote! {
        impl From<#from> for #to {
            fn from(#name: #from) -> Self {
                #value
            }
        }
    }
}

fn open_object(name: &TokenStream, views: &[View]) -> TokenStream {
    let list = |keyed| {
        let views = views.iter().filter(move |view| view.keyed == keyed);
        views.map(|view| {
            let (name, ty) = (rust(&view.name), rust(&view.type_name));
            quote!(#name: #ty)
        })
    };
    let (whole, keyed) = (list(false), list(true));
    let views = if views.iter().any(|view| view.keyed) {
        quote!(#(#whole),*; #(#keyed,)*)
    } else {
        quote!(#(#whole,)*)
    };
    quote! {
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct #name(Object);
        open_object!(#name { #views });
    }
}

/// A union told apart by a tag. Reading is strict by the arms, each of which refuses fields of the others.
fn union(def: &TypeDef, tag: &str, arms: &[Arm]) -> TokenStream {
    let (name, text) = (rust(&def.name), &def.name);
    let mut by = quote!(text);
    let [mut variants, mut writers, mut readers, mut conversions] = [const { Vec::new() }; 4];
    let mut known = Vec::new();
    for arm in arms {
        let (docs, variant) = (docs(&sentence(&arm.docs)), rust(&arm.name));
        let (value, reference) = match &arm.tag {
            TagValue::Text(text) => {
                known.push(text.clone());
                (Literal::string(text), None)
            }
            TagValue::Int(number) => {
                by = quote!(integer);
                known.push(number.to_string());
                (Literal::i64_unsuffixed(*number), Some(quote!(&)))
            }
        };
        let (held, data, read) = match arm.type_name.as_deref().map(rust) {
            Some(ty) => {
                let make = quote!(Self::#variant(arm));
                conversions.push(conversion(&ty, &name, quote!(arm), make));
                (quote!((#ty)), quote!(arm), quote!(union.arm().map(Self::#variant)))
            }
            None => (
                TokenStream::new(),
                quote!(&wire::Nothing {}),
                quote!(union.arm::<wire::Nothing, _>().map(|_| Self::#variant)),
            ),
        };
        let bound = arm.type_name.is_some().then(|| quote!((arm)));
        variants.push(quote!(#docs #variant #held));
        writers.push(quote!(Self::#variant #bound => wire::tagged(serializer, #tag, #reference #value, #data)));
        readers.push(quote!(Some(#value) => #read));
    }
    let only_tools = (!def.in_response).then(|| quote!(#[cfg(feature = "catalog")]));
    quote! {
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
        }
        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #(#writers,)*
                }
            }
        }
        #only_tools
        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let union = wire::Untagged::read(deserializer, #text, #tag)?;
                match union.#by() {
                    #(#readers,)*
                    _ => Err(union.unknown(&[#(#known),*])),
                }
            }
        }
        #(#conversions)*
    }
}
