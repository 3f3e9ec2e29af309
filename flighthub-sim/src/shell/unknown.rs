//! Paths that clients ask for and that V1.0 of the API does not have: what to do instead, for the notes of the 404.

/// Method, or `*` for any; path with `*` for one segment and `**` for the rest; what to know.
const INVENTED: &[(&str, &str, &str)] = &[
    ("DELETE", "/openapi/v0.1/wayline/*", "routes cannot be deleted through V1.0"),
    (
        "POST",
        "/openapi/v0.1/wayline",
        "a route comes into being by upload with project.sts_token and wayline.finish_upload",
    ),
    (
        "DELETE",
        "/openapi/v0.1/flight-task/*",
        "tasks cannot be deleted or cancelled through V1.0; task.set_status suspends one that waits",
    ),
    (
        "*",
        "/openapi/v0.1/flight-task/*/cancel",
        "a task cannot be cancelled through V1.0; device.command with return_home ends a flight",
    ),
    (
        "*",
        "/openapi/v0.1/flight-task/*/stop",
        "a task cannot be stopped through V1.0; device.command with return_home ends a flight",
    ),
    (
        "*",
        "/openapi/v0.1/flight-task/*/execute",
        "an immediate task starts by itself when task.create accepts it",
    ),
    (
        "*",
        "/openapi/v0.1/flight-task/*/pause",
        "device.command with flighttask_pause pauses a flight",
    ),
    ("GET", "/openapi/v0.1/map/element", "annotations cannot be listed through V1.0, only created"),
    (
        "*",
        "/openapi/v0.1/map/element/**",
        "annotations cannot be listed, changed or deleted through V1.0, only created",
    ),
    (
        "*",
        "/openapi/v0.1/map/elements/**",
        "annotations cannot be listed, changed or deleted through V1.0, only created",
    ),
    (
        "*",
        "/openapi/v0.1/live-stream/stop",
        "a livestream cannot be stopped through V1.0; it ends after five minutes without a viewer",
    ),
    ("*", "/openapi/v0.1/live-stream/share", "livestreams cannot be shared through V1.0"),
    ("*", "/openapi/v0.1/project/model", "models are listed by model.list"),
    ("*", "/openapi/v0.1/workflow", "workflows are not part of the documented V1.0"),
    (
        "*",
        "/openapi/v0.1/device/active-project",
        "moving a device between projects is not part of the V1.0 that this simulates",
    ),
    (
        "*",
        "/openapi/v0.1/device/relay_model",
        "relay pairing is not part of the V1.0 that this simulates",
    ),
    (
        "*",
        "/openapi/v0.1/flight-record/**",
        "flight records are not part of V1.0; task.track has the track",
    ),
    ("*", "/openapi/v1/**", "V1.0 of the API has paths that begin with /openapi/v0.1/"),
    ("*", "/openapi/v1.0/**", "V1.0 of the API has paths that begin with /openapi/v0.1/"),
    (
        "*",
        "/openapi/v2.0/**",
        "this is another generation of the API; V1.0 has paths that begin with /openapi/v0.1/",
    ),
    (
        "*",
        "/manage/api/**",
        "this is an older API; V1.0 has paths that begin with /openapi/v0.1/ and keys in X-User-Token",
    ),
];

/// What is known about a path that does not exist, or not with this method.
pub(super) fn remark(method: &str, path: &str) -> Option<String> {
    let known = INVENTED
        .iter()
        .find(|(known, pattern, _)| (*known == "*" || *known == method) && fits(pattern, path));
    known.map(|(.., text)| format!("{method} {path} does not exist in V1.0: {text}"))
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.trim_end_matches('/').split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use flighthub_api::server;

    use super::*;

    #[test]
    fn invented_paths_are_known() {
        for (method, path, part) in [
            ("DELETE", "/openapi/v0.1/wayline/1", "cannot be deleted"),
            ("POST", "/openapi/v0.1/flight-task/u/execute", "immediate"),
            ("GET", "/openapi/v0.1/map/element/list", "only created"),
            ("GET", "/openapi/v2.0/project", "another generation"),
            ("GET", "/manage/api/v1.0/devices/", "older API"),
        ] {
            assert!(remark(method, path).is_some_and(|text| text.contains(part)), "{path}");
        }
        for (method, path) in
            [("GET", "/openapi/v0.1/wayline/1"), ("GET", "/"), ("GET", "/openapi/v0.1/projects")]
        {
            assert_eq!(remark(method, path), None, "{path}");
        }
    }

    /// Otherwise the list would speak ill of something that exists.
    #[test]
    fn none_of_them_exists() {
        for (method, pattern, _) in INVENTED {
            let path = pattern.replace("**", "x").replace('*', "x");
            let all = ["GET", "POST", "PUT", "DELETE"];
            for method in all.iter().filter(|one| *method == "*" || *method == **one) {
                assert!(server::route(method, &path).is_err(), "{method} {path}");
            }
        }
    }
}
