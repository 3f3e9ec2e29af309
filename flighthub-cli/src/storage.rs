//! How files get to the storages behind FlightHub and back, by the settings that the calls go by.

use flighthub_api::{Region, Secret};
use flighthub_workflows::fetch::{Fetcher, FetcherBuilder};
use flighthub_workflows::upload::{StorageProxy, UploadOptions};

use crate::context::Context;
use crate::failure::Failure;

/// What files are fetched with. A private installation has its storage at its own address; other private addresses have to be allowed.
pub(crate) fn fetcher(context: &Context, allow_private: bool) -> Result<Fetcher, Failure> {
    let settings = context.settings()?;
    let mut builder = Fetcher::builder().allow_private_addresses(allow_private);
    if let Region::OnPremises(url) = settings.region()?
        && let Ok(uri) = url.parse::<http::Uri>()
        && let Some(host) = uri.host()
    {
        builder = builder.allow_host(host.trim_start_matches('[').trim_end_matches(']'));
    }
    builder = match &settings.proxy {
        _ if context.args().is_simulated() => builder.no_proxy(),
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    };
    let certified =
        |builder: FetcherBuilder, pem: &Vec<u8>| builder.add_root_certificate_pem(pem.clone());
    Ok(settings.certificates.iter().fold(builder, certified).build())
}

/// How files are uploaded.
pub(crate) fn upload_options(context: &Context) -> Result<UploadOptions, Failure> {
    let settings = context.settings()?;
    let proxy = match &settings.proxy {
        _ if context.args().is_simulated() => StorageProxy::Direct,
        Some(proxy) => StorageProxy::Url(Secret::new(proxy.as_str())),
        None => StorageProxy::Environment,
    };
    let mut options = UploadOptions::new().with_proxy(proxy);
    options.certificates.clone_from(&settings.certificates);
    options.allow_plain_http = settings.allow_http;
    Ok(options)
}
