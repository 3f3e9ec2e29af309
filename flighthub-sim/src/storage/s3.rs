//! Uploads with temporary credentials, through an adapter that speaks S3: it reads requests, checks their signatures and writes replies.

use std::borrow::Cow;
use std::sync::Arc;

use flighthub_api::v1::StorageProvider;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Checksum, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag,
    ETagCondition, PutObjectInput, PutObjectOutput, StreamingBlob, UploadPartInput,
    UploadPartOutput,
};
use s3s::path::S3Path;
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders, s3_error};

use super::signature::{self, Pair};
use super::{
    Leave, OSS_TOKEN, TOKEN, Tap, Trace, address, collected, oss, pairs_of, refused, text_of,
    value_of,
};
use crate::record::MOST_UPLOAD;
use crate::reply::Reply;
use crate::sim::Shared;
use crate::world::World;
use crate::world::store::{Grant, Rejection};

/// What the credentials are for.
const ALLOWED: &[&str] = &[
    "PutObject",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
];

/// Who signed a request, when that was found out before the adapter saw it.
#[derive(Clone)]
struct Signed(String);

/// The place of a world in the list of regions.
#[derive(Clone, Copy)]
struct Region(usize);

/// What is asked.
pub(super) struct Asked<'r> {
    pub(super) head: &'r Parts,
    pub(super) pairs: &'r [Pair],
    /// Of a request that was let in before and is played again.
    pub(super) leave: Option<Leave>,
    pub(super) trace: Arc<Trace>,
}

/// Answers an upload, or whatever else it is, with the place of the world that it concerns.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    asked: Asked<'_>,
    body: Tap,
    notes: &mut Vec<String>,
) -> (usize, Reply) {
    let Asked { head, pairs, leave, trace } = asked;
    let desk = Desk { shared: Arc::clone(shared), trace };
    let claim = match oss::claim(&head.headers) {
        Some(Ok(claim)) => Some(claim),
        Some(Err(reply)) => return (0, reply),
        None => None,
    };
    let before = leave.as_ref().map(|leave| leave.id.as_str());
    let signed = claim.as_ref().map(|claim| claim.id.as_str());
    let id = before.or(signed).or_else(|| claimed(head, pairs));
    let found = id.and_then(|id| desk.grant(id));
    let region = found.as_ref().map_or(0, |(region, _)| *region);
    let provider = desk.provider(region);
    if let Some(reply) = unsupported(&provider, head, pairs, claim.is_some()) {
        return (region, reply);
    }
    let mut request = http::Request::builder().method(&head.method).uri(&head.uri);
    if let Some(claim) = &claim {
        let Some((_, grant)) = &found else {
            return (region, refused(403, "InvalidAccessKeyId", UNKNOWN_KEY, &[]));
        };
        let now = jiff::Timestamp::now();
        if let Err(reply) = claim.check(grant.secret.expose(), head, pairs, now) {
            return (region, reply);
        }
        request = request.extension(Signed(grant.id.clone()));
    } else if leave.is_some() {
        let Some((_, grant)) = &found else {
            return (region, refused(403, "InvalidAccessKeyId", UNKNOWN_KEY, &[]));
        };
        request = request.extension(Signed(grant.id.clone()));
        request = request.header(TOKEN, grant.token.expose());
    } else if provider == StorageProvider::Ali
        && let Some(region) = region_of(head, pairs)
        && !matches!(region, "cn-hangzhou" | "oss-cn-hangzhou")
    {
        notes.push(
            "signed for another region than cn-hangzhou: whether OSS lets that pass is not known"
                .into(),
        );
    }
    let headers = head.headers.iter().filter(|(name, _)| claim.is_none() || *name != AUTHORIZATION);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(s3s::Body::http_body(body)) else {
        return (region, refused(400, "InvalidRequest", "this is no request", &[]));
    };

    let mut service = S3ServiceBuilder::new(desk.clone());
    service.set_auth(desk.clone());
    service.set_access(desk);
    service.set_host(address::EitherWay);
    let reply = match service.build().call(request).await {
        Ok(response) => worded(collected(response).await, claim.is_some()),
        Err(_) => refused(500, "InternalError", "the request could not be handled", &[]),
    };
    (region, reply)
}

const UNKNOWN_KEY: &str = "The access key id you provided does not exist in our records, or its security token is missing.";

/// The access key id that a request names in the manner of S3.
fn claimed<'r>(head: &'r Parts, pairs: &'r [Pair]) -> Option<&'r str> {
    let new = || credential(head, pairs)?.split('/').next();
    let old =
        || text_of(&head.headers, AUTHORIZATION.as_str())?.strip_prefix("AWS ")?.split(':').next();
    new().or_else(old)
}

/// The region that such a request is signed for.
fn region_of<'r>(head: &'r Parts, pairs: &'r [Pair]) -> Option<&'r str> {
    credential(head, pairs)?.split('/').nth(2)
}

fn credential<'r>(head: &'r Parts, pairs: &'r [Pair]) -> Option<&'r str> {
    credential_of(&head.headers).or_else(|| value_of(pairs, "X-Amz-Credential"))
}

fn credential_of(headers: &HeaderMap) -> Option<&str> {
    let (_, rest) = text_of(headers, AUTHORIZATION.as_str())?.split_once("Credential=")?;
    rest.split([',', ' ']).next()
}

/// What the storage does not do at all, whoever asks.
fn unsupported(
    provider: &StorageProvider,
    head: &Parts,
    pairs: &[Pair],
    signed_for_oss: bool,
) -> Option<Reply> {
    let authorization = text_of(&head.headers, AUTHORIZATION.as_str()).unwrap_or_default();
    let ali = *provider == StorageProvider::Ali;
    // MinIO alone still takes version 2; in addresses it is not simulated.
    let old = authorization.starts_with("AWS ") && *provider != StorageProvider::Minio;
    if old || value_of(pairs, "Signature").is_some() || (signed_for_oss && !ali) {
        let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
        return Some(refused(400, "InvalidRequest", message, &[]));
    }
    if !ali {
        return None;
    }
    let text = |name: &str| text_of(&head.headers, name).unwrap_or_default();
    if text("x-amz-content-sha256").starts_with("STREAMING-")
        || text("content-encoding").contains("aws-chunked")
        || head.headers.contains_key("x-amz-trailer")
    {
        let message =
            "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.";
        return Some(refused(400, "InvalidArgument", message, &[]));
    }
    let conditional =
        ["if-none-match", "if-match"].into_iter().find(|name| head.headers.contains_key(*name));
    if let Some(name) = conditional.filter(|_| head.method == Method::PUT) {
        let message = "A header you provided implies functionality that is not implemented.";
        return Some(refused(501, "NotImplemented", message, &[("Header", name)]));
    }
    // With an address instead of a name there is no other way.
    let host = text(HOST.as_str());
    let numeric =
        host.parse::<std::net::SocketAddr>().is_ok() || host.parse::<std::net::IpAddr>().is_ok();
    if !numeric && address::bucket_of(host).is_none() {
        let message = "The bucket you are attempting to access must be addressed using OSS third level domain.";
        return Some(refused(403, "SecondLevelDomainForbidden", message, &[]));
    }
    None
}

/// A reply of the adapter with a text where it leaves the code alone, and for the libraries of OSS without the namespace of S3.
fn worded(mut reply: Reply, for_oss: bool) -> Reply {
    const NAMESPACE: &str = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

    const TEXTS: &[(&str, &str)] = &[
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ),
        ("MissingContentLength", "You must provide the Content-Length HTTP header."),
        ("InvalidBucketName", "The specified bucket is not valid."),
        ("MethodNotAllowed", "The specified method is not allowed against this resource."),
        ("NotImplemented", "This is not simulated."),
    ];
    if for_oss && !reply.body.is_empty() {
        reply.body = String::from_utf8_lossy(&reply.body).replace(NAMESPACE, "").into_bytes();
    }
    let body = String::from_utf8_lossy(&reply.body);
    if reply.status < 400 || body.contains("<Message>") {
        return reply;
    }
    let text = TEXTS
        .iter()
        .find(|(code, _)| body.contains(&format!("<Code>{code}</Code>")))
        .map_or("The request is refused.", |(_, text)| text);
    let body = body.replace("</Code>", &format!("</Code><Message>{text}</Message>"));
    reply.with_body(body)
}

/// The worlds, as the adapter sees them.
#[derive(Clone)]
struct Desk {
    shared: Arc<Shared>,
    trace: Arc<Trace>,
}

impl Desk {
    /// A grant and the place of its world.
    fn grant(&self, id: &str) -> Option<(usize, Grant)> {
        let state = self.shared.state();
        let mut gateways = state.gateways.iter().enumerate();
        gateways
            .find_map(|(region, gateway)| Some((region, gateway.world.store.grant(id)?.clone())))
    }

    fn provider(&self, region: usize) -> StorageProvider {
        super::provider_of(&self.shared.state(), region)
    }

    /// The world of a request that was let in.
    fn with_world<I, T>(
        &self,
        request: &S3Request<I>,
        run: impl FnOnce(&mut World) -> T,
    ) -> S3Result<T> {
        let region = request.extensions.get::<Region>().map_or(0, |region| region.0);
        let mut state = self.shared.state();
        let gateway = state.gateways.get_mut(region);
        gateway.map(|gateway| run(&mut gateway.world)).ok_or_else(|| s3_error!(InternalError))
    }

    /// Receives a body as it was announced, and checks it.
    async fn receive<I>(
        &self,
        request: &S3Request<I>,
        body: Option<StreamingBlob>,
        length: Option<i64>,
        wanted: &Wanted,
    ) -> S3Result<Received> {
        let length = length.and_then(|length| u64::try_from(length).ok());
        let length = length.filter(|_| request.headers.contains_key(CONTENT_LENGTH));
        let length = length.ok_or_else(|| s3_error!(MissingContentLength))?;
        if length > MOST_UPLOAD && self.shared.state().journal.recorder.is_some() {
            return Err(s3_error!(
                EntityTooLarge,
                "the session is recorded, and a record holds uploads of at most {MOST_UPLOAD} bytes: send less, or start without a record"
            ));
        }
        self.with_world(request, |world| world.store.announce(length))?.map_err(refusal)?;
        let region = request.extensions.get::<Region>().map_or(0, |region| region.0);
        let room = Room { desk: self.clone(), region, bytes: length };
        let received = read(room, body, wanted, request.trailing_headers.as_ref()).await?;
        let _ = self.trace.body.set(Arc::clone(&received.bytes));
        Ok(received)
    }
}

/// Memory that is set aside for a body. It is given back also when the sender goes away in the middle.
struct Room {
    desk: Desk,
    region: usize,
    bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(gateway) = self.desk.shared.state().gateways.get_mut(self.region) {
            gateway.world.store.received(self.bytes);
        }
    }
}

#[async_trait::async_trait]
impl S3Auth for Desk {
    async fn get_secret_key(&self, id: &str) -> S3Result<SecretKey> {
        let (_, grant) =
            self.grant(id).ok_or_else(|| s3_error!(InvalidAccessKeyId, "{UNKNOWN_KEY}"))?;
        Ok(SecretKey::from(grant.secret.expose()))
    }
}

#[async_trait::async_trait]
impl S3Access for Desk {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let signed = context.credentials().map(|credentials| credentials.access_key.clone());
        let signed =
            signed.or_else(|| context.extensions_mut().get::<Signed>().map(|id| id.0.clone()));
        let Some((region, grant)) = signed.and_then(|id| self.grant(&id)) else {
            return Err(s3_error!(
                AccessDenied,
                "Access Denied. Unsigned requests need an address that was signed for them."
            ));
        };
        let provider = self.provider(region);
        let ali = provider == StorageProvider::Ali;
        check_token(context, &grant, ali)?;
        let now = self.shared.state().now();
        if grant.expires_at <= now {
            let message = "The security token you provided has expired.";
            return Err(if ali {
                custom(StatusCode::FORBIDDEN, "SecurityTokenExpired", message)
            } else {
                s3_error!(ExpiredToken, "{message}")
            });
        }
        if provider == StorageProvider::Aws {
            check_region(context)?;
        }
        let operation = context.s3_op().name();
        if !ALLOWED.contains(&operation) {
            return Err(s3_error!(
                AccessDenied,
                "Access Denied. These credentials are for uploads below their prefix, not for {operation}."
            ));
        }
        match context.s3_path() {
            S3Path::Object { bucket, .. } if **bucket != *World::BUCKET => {
                return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
            }
            S3Path::Object { key, .. } if grant.covers(key) => {}
            _ => {
                return Err(s3_error!(
                    AccessDenied,
                    "Access Denied. The key is not below the prefix of these credentials."
                ));
            }
        }
        let _ = self.trace.grant.set(grant.id.clone());
        context.extensions_mut().insert(Region(region));
        Ok(())
    }
}

/// An error whose code the adapter does not know, or whose status is another than usual.
fn custom(status: StatusCode, code: &str, message: impl Into<Cow<'static, str>>) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InvalidRequest);
    let mut error = S3Error::with_message(code, message);
    error.set_status_code(status);
    error
}

/// Temporary credentials are worth nothing without their token.
fn check_token(context: &S3AccessContext<'_>, grant: &Grant, ali: bool) -> S3Result<()> {
    let pairs = pairs_of(context.uri().query().unwrap_or_default());
    let token = text_of(context.headers(), TOKEN.as_str())
        .or_else(|| text_of(context.headers(), OSS_TOKEN.as_str()))
        .or_else(|| value_of(&pairs, "X-Amz-Security-Token"));
    match token {
        None => Err(s3_error!(InvalidAccessKeyId, "{UNKNOWN_KEY}")),
        Some(token) if token == grant.token.expose() => Ok(()),
        Some(_) if ali => {
            let message = "The security token you provided is invalid.";
            Err(custom(StatusCode::FORBIDDEN, "InvalidSecurityToken", message))
        }
        Some(_) => {
            Err(s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid."))
        }
    }
}

/// Amazon takes signatures for the bucket's region only.
fn check_region(context: &S3AccessContext<'_>) -> S3Result<()> {
    let pairs = pairs_of(context.uri().query().unwrap_or_default());
    let credential = credential_of(context.headers())
        .or_else(|| value_of(&pairs, "X-Amz-Credential"))
        .unwrap_or_default();
    match credential.split('/').nth(2) {
        Some(region) if region != World::STORAGE_REGION => Err(s3_error!(
            AuthorizationHeaderMalformed,
            "The authorization header is malformed; the region '{region}' is wrong; expecting '{}'",
            World::STORAGE_REGION
        )),
        _ => Ok(()),
    }
}

fn refusal(rejection: Rejection) -> S3Error {
    match rejection {
        Rejection::TooLarge(most) => s3_error!(
            EntityTooLarge,
            "Your proposed upload exceeds the maximum allowed size of {most} bytes (World::set_storage_limits raises it)"
        ),
        Rejection::Full(most) => {
            let message = format!(
                "the simulator keeps at most {most} uploaded bytes (World::set_storage_limits raises it)"
            );
            // No status that clients try again on.
            custom(StatusCode::FORBIDDEN, "QuotaExceeded", message)
        }
        Rejection::TooManyUploads => {
            s3_error!(InvalidRequest, "too many multipart uploads are open: complete or abort some")
        }
        Rejection::NoSuchUpload => s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        ),
        Rejection::PartNumber => s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        ),
        Rejection::InvalidPart => s3_error!(
            InvalidPart,
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
        ),
        Rejection::PartOrder => s3_error!(
            InvalidPartOrder,
            "The list of parts was not in ascending order. Parts must be ordered by part number."
        ),
        Rejection::PartTooSmall(least) => s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size: all parts but the last have at least {least} bytes"
        ),
    }
}

/// The checksums of an input: those of objects and of parts are fields of different types.
macro_rules! sums_of {
    ($input:expr) => {{
        let mut sums = Checksum::default();
        sums.checksum_crc32.clone_from(&$input.checksum_crc32);
        sums.checksum_crc32c.clone_from(&$input.checksum_crc32c);
        sums.checksum_crc64nvme.clone_from(&$input.checksum_crc64nvme);
        sums.checksum_sha1.clone_from(&$input.checksum_sha1);
        sums.checksum_sha256.clone_from(&$input.checksum_sha256);
        sums
    }};
}

/// Puts checksums into an output.
macro_rules! say_sums {
    ($output:expr, $sums:expr) => {{
        $output.checksum_crc32 = $sums.checksum_crc32;
        $output.checksum_crc32c = $sums.checksum_crc32c;
        $output.checksum_crc64nvme = $sums.checksum_crc64nvme;
        $output.checksum_sha1 = $sums.checksum_sha1;
        $output.checksum_sha256 = $sums.checksum_sha256;
    }};
}

/// What a sender says that the body digests to.
struct Wanted {
    md5: Option<String>,
    sums: Checksum,
    /// The names of the checksums that follow the body.
    trailer: String,
}

impl Wanted {
    /// What computes the checksums that are given or will be.
    fn hasher(&self) -> ChecksumHasher {
        let needed = |name: &str, sum: &Option<String>| {
            sum.is_some() || self.trailer.split(',').any(|field| field.trim() == name)
        };
        let sums = &self.sums;
        ChecksumHasher {
            crc32: needed(CRC32, &sums.checksum_crc32).then(s3s::crypto::Crc32::new),
            crc32c: needed(CRC32C, &sums.checksum_crc32c).then(s3s::crypto::Crc32c::new),
            crc64nvme: needed(CRC64, &sums.checksum_crc64nvme).then(s3s::crypto::Crc64Nvme::new),
            sha1: needed(SHA1, &sums.checksum_sha1).then(s3s::crypto::Sha1::new),
            sha256: needed(SHA256, &sums.checksum_sha256).then(s3s::crypto::Sha256::new),
        }
    }
}

/// A body that arrived as announced.
struct Received {
    bytes: Arc<[u8]>,
    md5: [u8; 16],
    sums: Checksum,
    /// To be kept until the bytes are.
    room: Room,
}

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

/// Checksums with the names of their headers.
fn named(sums: &Checksum) -> [(&'static str, Option<&str>); 5] {
    [
        (CRC32, sums.checksum_crc32.as_deref()),
        (CRC32C, sums.checksum_crc32c.as_deref()),
        (CRC64, sums.checksum_crc64nvme.as_deref()),
        (SHA1, sums.checksum_sha1.as_deref()),
        (SHA256, sums.checksum_sha256.as_deref()),
    ]
}

async fn read(
    room: Room,
    body: Option<StreamingBlob>,
    wanted: &Wanted,
    trailer: Option<&TrailingHeaders>,
) -> S3Result<Received> {
    let short = || {
        s3_error!(
            IncompleteBody,
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        )
    };
    let length = room.bytes;
    let mut hasher = wanted.hasher();
    let mut md5 = s3s::crypto::Md5::new();
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut body = s3s::Body::from(body.unwrap_or_else(|| s3s::Body::empty().into()));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref()))?;
        let Ok(data) = frame.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > length {
            return Err(short());
        }
        md5.update(&data);
        hasher.update(&data);
        bytes.extend_from_slice(&data);
    }
    if bytes.len() as u64 != length {
        return Err(short());
    }
    let md5 = md5.finalize();
    if let Some(wanted) = &wanted.md5 {
        let coded = wanted.len() == 24 && wanted.ends_with("==");
        if !coded {
            return Err(s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid."));
        }
        if *wanted != signature::base64(&md5) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
    }
    let found = hasher.finalize();
    let trailer = trailer.and_then(TrailingHeaders::take).unwrap_or_default();
    for ((name, said), (_, found)) in named(&wanted.sums).into_iter().zip(named(&found)) {
        let said = said.or_else(|| text_of(&trailer, name));
        if said.is_some() && said != found {
            return Err(s3_error!(
                BadDigest,
                "The {name} you specified did not match the calculated checksum."
            ));
        }
    }
    Ok(Received { bytes: bytes.into(), md5, sums: found, room })
}

/// Why a body could not be read. The adapter's own errors have no public type.
fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let message =
            "The provided 'x-amz-content-sha256' header does not match what was computed.";
        custom(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch", message)
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch)
    } else if text.contains("FormatError") || text.contains("TooLarge") || text.contains("TooMany")
    {
        s3_error!(InvalidRequest, "the chunks of the body are not well formed")
    } else {
        s3_error!(IncompleteBody, "The body ended early, or had another length than announced")
    }
}

/// Refuses what would need to know the object that is there; `*` alone asks only whether there is one.
fn check_condition(
    world: &World,
    key: &str,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    forbid: bool,
) -> S3Result<()> {
    let exists = world.store.get(key).is_some();
    match (if_match, if_none_match) {
        (Some(_), _) => Err(s3_error!(
            AccessDenied,
            "Access Denied. If-Match needs the right to read, which these credentials do not have."
        )),
        (None, Some(ETagCondition::ETag(_))) => Err(s3_error!(
            NotImplemented,
            "A header you provided implies functionality that is not implemented: If-None-Match takes * only"
        )),
        (None, Some(ETagCondition::Any)) if exists => Err(s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        )),
        _ if forbid && exists => {
            let message = "The object you specified already exists and can not be overwritten.";
            Err(custom(StatusCode::CONFLICT, "FileAlreadyExists", message))
        }
        _ => Ok(()),
    }
}

fn forbids(headers: &HeaderMap) -> bool {
    text_of(headers, "x-oss-forbid-overwrite") == Some("true")
}

#[async_trait::async_trait]
impl S3 for Desk {
    async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let body = request.input.body.take();
        let input = &request.input;
        let wanted = Wanted {
            md5: input.content_md5.clone(),
            sums: sums_of!(input),
            trailer: text_of(&request.headers, "x-amz-trailer").unwrap_or_default().to_owned(),
        };
        let Received { bytes, md5, sums, room } =
            self.receive(&request, body, input.content_length, &wanted).await?;
        let kind = input.content_type.as_ref().map(ToString::to_string);
        let (none, some) = (input.if_none_match.as_ref(), input.if_match.as_ref());
        let forbid = forbids(&request.headers);
        let etag = self.with_world(&request, |world| {
            check_condition(world, &input.key, some, none, forbid)?;
            Ok::<_, S3Error>(world.put_upload(&input.key, bytes, md5, kind))
        })??;
        drop(room);
        let mut output = PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..Default::default() };
        say_sums!(output, sums);
        Ok(S3Response::new(output))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &request.input;
        let kind = input.content_type.as_ref().map(ToString::to_string);
        let id = self
            .with_world(&request, |world| world.begin_upload(&input.key, kind))?
            .map_err(refusal)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let body = request.input.body.take();
        let input = &request.input;
        let wanted = Wanted {
            md5: input.content_md5.clone(),
            sums: sums_of!(input),
            trailer: text_of(&request.headers, "x-amz-trailer").unwrap_or_default().to_owned(),
        };
        let Received { bytes, md5, sums, room } =
            self.receive(&request, body, input.content_length, &wanted).await?;
        self.with_world(&request, |world| {
            world.store.put_part(&input.upload_id, &input.key, input.part_number, bytes, md5)
        })?
        .map_err(refusal)?;
        drop(room);
        let etag = ETag::Strong(signature::hex(&md5));
        let mut output = UploadPartOutput { e_tag: Some(etag), ..Default::default() };
        say_sums!(output, sums);
        Ok(S3Response::new(output))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &request.input;
        let listed = input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_ref());
        let parts: Vec<(i32, String)> = listed
            .into_iter()
            .flatten()
            .map(|part| {
                let etag = part.e_tag.as_ref().map(|etag| etag.value().to_ascii_lowercase());
                (part.part_number.unwrap_or_default(), etag.unwrap_or_default())
            })
            .collect();
        let (none, some) = (input.if_none_match.as_ref(), input.if_match.as_ref());
        let forbid = forbids(&request.headers);
        let etag = self.with_world(&request, |world| {
            check_condition(world, &input.key, some, none, forbid)?;
            let now = world.now();
            world.store.complete(&input.upload_id, &input.key, &parts, now).map_err(refusal)
        })??;
        let host = text_of(&request.headers, HOST.as_str()).unwrap_or_default();
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            location: Some(format!("http://{host}/{}/{}", input.bucket, input.key)),
            e_tag: Some(ETag::Strong(etag)),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = &request.input;
        self.with_world(&request, |world| world.store.abort(&input.upload_id, &input.key))?
            .map_err(refusal)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}
