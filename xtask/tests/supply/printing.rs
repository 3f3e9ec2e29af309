//! Items as single lines, without bodies, words and whatever else no caller sees.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Fields, Item};

/// What `cfg` asks for.
#[derive(Clone, Default)]
pub(crate) struct Conditions(Vec<String>);

impl Conditions {
    pub(crate) fn and(&self, attributes: &[Attribute]) -> Self {
        let mut all = self.clone();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
            if let syn::Meta::List(list) = &attribute.meta {
                let condition = tidy(&list.tokens.to_string());
                if !all.0.contains(&condition) {
                    all.0.push(condition);
                }
            }
        }
        all
    }

    pub(crate) fn for_tests(&self) -> bool {
        self.0.iter().any(|condition| condition == "test")
    }

    /// What stands behind an item: conditions and the attributes that callers feel.
    pub(crate) fn note(&self, attributes: &[Attribute]) -> String {
        let mut notes: Vec<String> =
            self.0.iter().map(|condition| format!("[{condition}]")).collect();
        for attribute in attributes {
            let is = |name| attribute.path().is_ident(name);
            if is("deprecated") || is("must_use") || is("non_exhaustive") {
                notes.push(format!("[{}]", attribute.path().segments[0].ident));
            } else if is("derive")
                || is("cfg_attr") && (has(attribute, "derive") || has(attribute, "non_exhaustive"))
            {
                notes.push(tidy(&attribute.meta.to_token_stream().to_string()));
            }
        }
        notes.into_iter().map(|note| format!(" {note}")).collect()
    }
}

fn has(attribute: &Attribute, word: &str) -> bool {
    attribute.meta.to_token_stream().to_string().contains(word)
}

/// Tokens as text, spaced as people do.
fn tidy(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(": :", "::");
    for (long, short) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (",)", ")"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" :", ":"),
        (" ;", ";"),
        ("' ", "'"),
        ("[ ", "["),
        (" ]", "]"),
        ("# ", "#"),
        ("$ ", "$"),
        (" !", "!"),
        ("(mut self", "(self"),
        (", mut ", ", "),
        ("(mut ", "("),
        ("- >", "->"),
        ("->", " -> "),
        ("= >", "=>"),
    ] {
        text = text.replace(long, short);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Anything as one line.
pub(crate) fn one_line(tokens: &impl ToTokens) -> String {
    tidy(&tokens.to_token_stream().to_string())
}

/// Where a thing is reached, and what it is.
pub(crate) fn line(kind: &str, shown: &str, name: &str, rest: &str) -> String {
    format!("{shown}::{name}: {kind}{rest}")
}

/// The fields of a variant without words; the names stand on lines of their own.
pub(crate) fn kept(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    fields.iter_mut().for_each(|field| field.attrs.clear());
    if let Fields::Named(_) = fields { Fields::Unit } else { fields }
}

/// An item without its inside.
pub(crate) fn header(item: &Item) -> String {
    match item {
        Item::Const(item) => format!("const {}", one_line(&item.ty)),
        Item::Static(item) => format!("static {}", one_line(&item.ty)),
        Item::Enum(item) => format!("enum{}", generics(&item.generics)),
        Item::Fn(item) => one_line(&item.sig),
        Item::Struct(item) => {
            let public = |field: &syn::Field| matches!(field.vis, syn::Visibility::Public(_));
            let kind = match &item.fields {
                Fields::Unnamed(fields) => {
                    let shown = fields.unnamed.iter().map(|field| {
                        if public(field) { one_line(&field.ty) } else { "_".to_owned() }
                    });
                    format!("({})", shown.collect::<Vec<_>>().join(", "))
                }
                Fields::Named(fields) if !fields.named.iter().all(public) => " { _ }".to_owned(),
                Fields::Named(_) => " { }".to_owned(),
                Fields::Unit => String::new(),
            };
            format!("struct{}{kind}", generics(&item.generics))
        }
        Item::Trait(item) => {
            let above = &item.supertraits;
            let above =
                if above.is_empty() { String::new() } else { format!(": {}", one_line(above)) };
            format!("trait{}{above}", generics(&item.generics))
        }
        Item::Type(item) => format!("type{} = {}", generics(&item.generics), one_line(&item.ty)),
        Item::Impl(item) => {
            let mut bare = item.clone();
            bare.attrs.clear();
            bare.items.clear();
            one_line(&bare).trim_end_matches("{}").trim_end_matches("{ }").trim_end().to_owned()
        }
        _ => String::new(),
    }
}

fn generics(generics: &syn::Generics) -> String {
    let bounds = &generics.where_clause;
    let bounds = bounds.as_ref().map(|bounds| format!(" {}", one_line(bounds))).unwrap_or_default();
    format!("{}{bounds}", one_line(generics))
}

/// A call of a macro: its name and what it is given, without words.
pub(crate) fn macro_call(name: &str, tokens: &TokenStream) -> String {
    format!("{name}!({})", tidy(&wordless(tokens.clone()).to_string()))
}

/// Without `#[doc = …]`.
fn wordless(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let inside = group.stream();
                let is_doc = inside
                    .clone()
                    .into_iter()
                    .next()
                    .is_some_and(|first| first.to_string() == "doc");
                if is_doc
                    && matches!(out.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#')
                {
                    out.pop();
                    continue;
                }
                out.push(TokenTree::Group(proc_macro2::Group::new(
                    group.delimiter(),
                    wordless(inside),
                )));
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

/// The types that a call of a macro makes: those that it names first.
pub(crate) fn names_made(tokens: &TokenStream) -> Vec<String> {
    let mut made = Vec::new();
    let mut all = wordless(tokens.clone()).into_iter().peekable();
    if let Some(TokenTree::Ident(first)) = all.peek()
        && first.to_string().starts_with(char::is_uppercase)
    {
        made.push(first.to_string());
    }
    let all: Vec<TokenTree> = all.collect();
    for pair in all.windows(2) {
        if let [TokenTree::Ident(kind), TokenTree::Ident(name)] = pair
            && (kind == "struct" || kind == "enum")
        {
            made.push(name.to_string());
        }
    }
    made
}

/// The signatures in the text of a macro: each `pub …` and `impl … for …` up to its body.
pub(crate) fn macro_lines(tokens: &TokenStream) -> Vec<String> {
    let mut lines = Vec::new();
    signatures(tokens.clone(), &mut lines);
    lines
}

fn signatures(tokens: TokenStream, lines: &mut Vec<String>) {
    let mut current: Option<Vec<String>> = None;
    for token in tokens {
        let text = token.to_string();
        match &token {
            TokenTree::Ident(ident) if current.is_none() && (ident == "pub" || ident == "impl") => {
                current = Some(vec![text]);
                continue;
            }
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => {
                finish(&mut current, lines);
                signatures(group.stream(), lines);
                continue;
            }
            TokenTree::Group(group) if current.is_none() => signatures(group.stream(), lines),
            TokenTree::Punct(mark) if mark.as_char() == ';' => finish(&mut current, lines),
            _ => {}
        }
        if let Some(words) = &mut current {
            words.push(text);
        }
    }
    finish(&mut current, lines);
}

fn finish(current: &mut Option<Vec<String>>, lines: &mut Vec<String>) {
    let Some(words) = current.take() else { return };
    let text = tidy(&words.join(" "));
    if !text.starts_with("pub(") && text != "pub" {
        lines.push(text);
    }
}
