//! Lists in pages, from a service that may lie about them: no row is lost or doubled, and the asking ends.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use flighthub_api::{
    BoxFuture, Client, ErrorKind, Region, RetryPolicy, Token, TokioClock, Transport,
    TransportError, TransportReply, TransportRequest,
};
use flighthub_tests::exchange::at_once;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::is_full;

/// How a service cuts its rows into pages.
#[derive(Debug, Clone)]
struct Service {
    rows: usize,
    /// It sends no more than so many, whatever is asked for.
    most: usize,
    /// Each page begins with so many rows of the one before: rows were added meanwhile.
    overlap: usize,
    /// It always sends the first page.
    ignores_page: bool,
    /// After its last page it sends that one again.
    repeats_last: bool,
    /// It sends an empty list as null.
    null: bool,
    /// It says a total, and a wrong one.
    total: Option<i64>,
    /// One row in so many cannot be read.
    odd: usize,
}

impl Service {
    fn page(&self, number: usize, size: usize) -> Value {
        let size = size.min(self.most);
        let step = size.saturating_sub(self.overlap).max(1);
        let last = self.rows.saturating_sub(1) / step;
        let index = match number - 1 {
            _ if self.ignores_page => 0,
            index if self.repeats_last => index.min(last),
            index => index,
        };
        let from = (index * step).min(self.rows);
        let rows: Vec<_> = (from..(from + size).min(self.rows)).map(|row| self.row(row)).collect();
        let list = if rows.is_empty() && self.null { Value::Null } else { rows.into() };
        let mut data = json!({"list": list, "page": number, "page_size": size});
        if let Some(total) = self.total {
            data["total"] = total.into();
        }
        data
    }

    fn is_odd(&self, row: usize) -> bool {
        self.odd > 0 && row.is_multiple_of(self.odd)
    }

    fn row(&self, row: usize) -> Value {
        if self.is_odd(row) {
            return json!({"row": row});
        }
        json!({"uuid": format!("project-{row}"), "name": "North", "org_uuid": "o", "created_at": 1_793_487_600, "updated_at": 1_793_487_600, "introduction": ""})
    }
}

/// The service behind the client, and how often it was asked.
#[derive(Clone)]
struct Behind(Service, Arc<Mutex<usize>>);

impl Transport for Behind {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        *self.1.lock().unwrap() += 1;
        let query = request.url.split_once('?').map_or("", |(_, query)| query).to_owned();
        let number = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            pair.and_then(|value| value.parse().ok()).unwrap_or(1)
        };
        let data = self.0.page(number("page"), number("page_size"));
        let body = format!(r#"{{"code":0,"message":"OK","data":{data}}}"#);
        Box::pin(std::future::ready(Ok(TransportReply::new(200, body))))
    }
}

fn service() -> impl Strategy<Value = Service> {
    let most = prop_oneof![Just(100_usize), (1..20_usize).prop_map(|fives| fives * 5)];
    let lies = (0..3_usize, any::<[bool; 3]>(), proptest::option::of(-1..5_000_i64), 0..9_usize);
    (0..450_usize, most, lies).prop_map(
        |(rows, most, (overlap, [ignores, repeats, null], total, odd))| Service {
            rows,
            most,
            overlap,
            // Rarely: it hides the rest.
            ignores_page: ignores && rows.is_multiple_of(3),
            repeats_last: repeats,
            null,
            total,
            odd,
        },
    )
}

fn collect(service: &Service) -> Result<usize, String> {
    let asked = Arc::new(Mutex::new(0));
    let behind = Behind(service.clone(), Arc::clone(&asked));
    let client = Client::builder(Region::Europe, Token::opaque("key"))
        .transport(behind)
        .clock(Immediate)
        .retry(RetryPolicy::never())
        .no_rate_limit()
        .build()
        .unwrap();
    let all = at_once(client.all_projects()).map_err(|error| format!("{service:?}: {error}"))?;
    let asked = *asked.lock().unwrap();
    let first = service.most.min(100).min(service.rows);
    let wanted = if service.ignores_page { first } else { service.rows };
    let found: BTreeSet<_> = all.iter().map(|project| project.uuid.as_str().to_owned()).collect();
    let odd: BTreeSet<_> = all.odd().iter().map(|odd| odd.json().to_owned()).collect();
    let odd_wanted = (0..wanted).filter(|row| service.is_odd(*row)).count();
    if (found.len(), odd.len()) != (wanted - odd_wanted, odd_wanted) {
        return Err(format!("{service:?}: {} and {} odd of {wanted} rows", found.len(), odd.len()));
    }
    if (all.len(), all.odd().len()) != (found.len(), odd.len()) {
        return Err(format!("{service:?}: rows came twice"));
    }
    let step = service.most.min(100).saturating_sub(service.overlap).max(1);
    let most = service.rows / step + 3;
    if asked > most { Err(format!("{service:?}: {asked} pages were asked for")) } else { Ok(asked) }
}

/// Nobody waits, in no runtime.
struct Immediate;

impl flighthub_api::Clock for Immediate {
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }

    fn wall(&self) -> std::time::SystemTime {
        flighthub_api::Clock::wall(&TokioClock)
    }

    fn sleep(&self, _: std::time::Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn no_row_is_lost_or_doubled_whatever_the_pages_say() {
    let cases = if is_full() { 20_000 } else { 100 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&service(), |service| collect(&service).map(|_| ()).map_err(TestCaseError::fail))
        .unwrap_or_else(|failure| panic!("{failure}"));
    println!(
        "figure Paging | services that cut and lie, of which every row came once | count = {cases}"
    );
}

/// A service whose pages never end and never repeat: the asking ends all the same, with an error.
#[test]
fn pages_without_end_are_an_error() {
    struct Endless;
    impl Transport for Endless {
        fn send(
            &self,
            request: TransportRequest,
        ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
            let page = request.url.split(['?', '&']).find_map(|pair| pair.strip_prefix("page="));
            let rows = (0..5).map(
                |row| json!({"uuid": format!("{page:?}-{row}"), "name": "n", "org_uuid": "o"}),
            );
            let rows: Vec<_> = rows.collect();
            let body = json!({"code": 0, "message": "", "data": {"list": rows, "total": 1}});
            Box::pin(std::future::ready(Ok(TransportReply::new(200, body.to_string()))))
        }
    }
    let client = Client::builder(Region::Europe, Token::opaque("key"))
        .transport(Endless)
        .clock(Immediate)
        .retry(RetryPolicy::never())
        .no_rate_limit()
        .build()
        .unwrap();
    let error = at_once(client.all_projects()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
}
