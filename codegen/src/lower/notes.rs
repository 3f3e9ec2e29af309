//! What the documentation says about a schema beside its description: unit, range, default.

use serde_json::Value;

use crate::facts::Facts;

/// The facts as sentences.
pub(super) fn notes(schema: &Value) -> Vec<String> {
    let each = innermost(schema);
    let subject = if schema.has("items") { "Each" } else { "Range" };
    let unit = match each.text("x-unit") {
        "unix-seconds" => Some("Unix seconds on the wire.".to_owned()),
        "unix-milliseconds" => Some("Unix milliseconds on the wire.".to_owned()),
        "count" | "" => None,
        unit => Some(format!("Unit: {}.", unit_words(unit))),
    };
    let text_time = each.text("format") == "date-time";
    let default = schema.get("default").map(|default| match default {
        Value::String(text) => format!("Default: `{text}`."),
        other => format!("Default: {other}."),
    });
    let facts = [
        unit,
        text_time.then(|| "RFC 3339 on the wire.".to_owned()),
        span(each, "minimum", "maximum").map(|range| format!("{subject}: {range}.")),
        span(schema, "minLength", "maxLength").map(|n| format!("Length: {n} characters.")),
        span(schema, "minItems", "maxItems").map(|n| format!("Entries: {n}.")),
        schema.flag("uniqueItems").then(|| "No entry twice.".to_owned()),
        default,
    ];
    facts.into_iter().flatten().collect()
}

/// The items of the innermost array, or the schema itself.
fn innermost(schema: &Value) -> &Value {
    schema.get("items").map_or(schema, innermost)
}

fn span(schema: &Value, least: &str, most: &str) -> Option<String> {
    match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

fn unit_words(unit: &str) -> &str {
    match unit {
        "m" => "metres",
        "km" => "kilometres",
        "m/s" => "metres per second",
        "deg" => "degrees",
        "s" => "seconds",
        "ms" => "milliseconds",
        "h" => "hours",
        "percent" => "percent",
        "byte" => "bytes",
        "kilobyte" => "kilobytes",
        "kilobyte/s" => "kilobytes per second",
        "millivolt" => "millivolts",
        "milliampere" => "milliamperes",
        "celsius" => "degrees Celsius",
        "pixel" => "pixels",
        "ratio" => "share of the whole, 0 to 1",
        other => other,
    }
}
