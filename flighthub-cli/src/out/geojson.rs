//! GeoJSON of what has a place, by RFC 7946.

use serde_json::{Map, Value, json};

use super::{OutError, cells};

/// How deep a place may lie in a row.
const DEPTH: usize = 4;

/// A collection of features, one for each row. A value that is GeoJSON stays as it is.
///
/// # Errors
///
/// When there are rows and none of them has a place.
pub(super) fn document(value: &Value) -> Result<Value, OutError> {
    if is_geojson(value) {
        return Ok(value.clone());
    }
    let rows = cells::rows(value);
    let features: Vec<Value> = rows.iter().map(feature).collect();
    if !features.is_empty() && features.iter().all(|feature| feature["geometry"].is_null()) {
        return Err(OutError::NoPlace);
    }
    Ok(json!({"type": "FeatureCollection", "features": features}))
}

/// A row as a feature with all that it holds as properties. Without a place its geometry is null, which GeoJSON has for that.
pub(super) fn feature(row: &Value) -> Value {
    if is_geojson(row) {
        return row.clone();
    }
    let geometry = place(row, DEPTH).unwrap_or(Value::Null);
    let properties = match row {
        Value::Object(fields) => Value::Object(fields.clone()),
        other => json!({"value": other}),
    };
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn is_geojson(value: &Value) -> bool {
    match value["type"].as_str() {
        Some("FeatureCollection") => value["features"].is_array(),
        Some("Feature") => value.get("geometry").is_some() && value.get("properties").is_some(),
        _ => false,
    }
}

/// The geometry of a row: one that it has, or a point by latitude and longitude. What lies nearer to the top comes first.
fn place(row: &Value, depth: usize) -> Option<Value> {
    let fields = row.as_object()?;
    let own = fields.get("geometry").filter(|geometry| is_geometry(geometry)).cloned();
    own.or_else(|| point(fields)).or_else(|| {
        let depth = depth.checked_sub(1)?;
        fields.values().find_map(|field| place(field, depth))
    })
}

fn is_geometry(value: &Value) -> bool {
    const TYPES: [&str; 6] =
        ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];
    value["type"].as_str().is_some_and(|name| TYPES.contains(&name))
        && value["coordinates"].is_array()
}

/// Both zero is what devices say before they know where they are.
fn point(fields: &Map<String, Value>) -> Option<Value> {
    let latitude = fields.get("latitude")?.as_f64()?;
    let longitude = fields.get("longitude")?.as_f64()?;
    let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    let is_known = fits && !(latitude == 0.0 && longitude == 0.0);
    is_known.then(|| json!({"type": "Point", "coordinates": [longitude, latitude]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_a_place_are_features() {
        let value = json!({"list": [
            {"sn": "A", "latitude": 0.02, "longitude": -25.3},
            {"sn": "B", "state": {"position": {"longitude": 1, "latitude": 2}}},
            {"sn": "C", "latitude": 0.0, "longitude": 0},
            {"sn": "D", "latitude": 91, "longitude": 0},
            {"sn": "E", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
        ]});
        let collection = document(&value).unwrap();
        let places: Vec<String> = collection["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature["geometry"]["coordinates"].to_string())
            .collect();
        assert_eq!(places, ["[-25.3,0.02]", "[1.0,2.0]", "null", "null", "[[1,2],[3,4]]"]);
        assert_eq!(collection["features"][0]["properties"]["sn"], "A");
    }

    #[test]
    fn what_has_no_place_is_an_error_and_what_is_empty_is_not() {
        assert!(matches!(document(&json!({"name": "x"})), Err(OutError::NoPlace)));
        assert!(matches!(document(&json!([1])), Err(OutError::NoPlace)));
        assert_eq!(document(&json!({"list": []})).unwrap()["features"], json!([]));
    }

    #[test]
    fn geojson_stays_as_it_is() {
        let one = json!({"type": "Feature", "geometry": null, "properties": {}});
        assert_eq!(document(&one).unwrap(), one);
        let all = json!({"type": "FeatureCollection", "features": [one]});
        assert_eq!(document(&all).unwrap(), all);
    }
}
