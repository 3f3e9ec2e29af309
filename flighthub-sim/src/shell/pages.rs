//! What people would see in a browser: the web console, and the pages of proxies.

use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::reply::Reply;

/// The web console of the real one. Asked for the API it answers its page with HTTP 200, and integrators take that for an empty reply.
pub(crate) const CONSOLE_HOST: &str = "fh.dji.com";

/// An invented page of about the same make: a script that would draw everything.
const CONSOLE: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Simulated console</title></head>\n\
    <body><div id=\"root\"></div><noscript>This is the web console of a simulator, not its API.</noscript></body>\n</html>\n";

/// The page of the web console.
pub(crate) fn console() -> Reply {
    html(200, CONSOLE.to_owned())
}

/// A proxy's page for an error.
pub(crate) fn error(status: u16) -> Reply {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error");
    html(
        status,
        format!(
            "<html>\n<head><title>{status} {reason}</title></head>\n<body><h1>{status} {reason}</h1></body>\n</html>\n"
        ),
    )
}

fn html(status: u16, text: String) -> Reply {
    Reply::new(status, text)
        .with(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))
}
