//! Files from the addresses that the service names.

use flighthub_api::Region;
use flighthub_workflows::fetch::Fetcher;

use crate::context::Context;
use crate::failure::Failure;

/// What fetches them: as the settings say, but never with the key.
///
/// The storage of a private installation, or of a simulator, is in a private network; that of the public cloud is not, and addresses that lead
/// into one are refused.
pub(crate) fn fetcher(context: &Context) -> Result<Fetcher, Failure> {
    let settings = context.settings()?;
    let is_private = matches!(settings.region()?, Region::OnPremises(_));
    let mut builder = Fetcher::builder()
        .allow_private_addresses(is_private)
        .allow_plain_http(settings.allow_http);
    for certificate in &settings.certificates {
        builder = builder.add_root_certificate_pem(certificate.clone());
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(proxy);
    }
    if context.args().is_simulated() {
        builder = builder.no_proxy();
    }
    Ok(builder.build())
}
