//! Lists that go round in circles, lie about their length, or do not end.

use std::collections::HashSet;

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{CATALOGUE, Project, ProjectList};
use flighthub_api::{
    BoxFuture, Client, Error, ErrorKind, Pages, Region, Token, Transport, TransportError,
    TransportReply, TransportRequest,
};
use serde_json::{Value, json};

use crate::figure;
use crate::server::KEY;

/// Answers by the number of the page that is asked for.
struct Paged<F>(F);

impl<F: Fn(u64) -> Value + Send + Sync + 'static> Transport for Paged<F> {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let query = request.url.split_once('?').unwrap().1;
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")).unwrap();
        let body = (self.0)(page.parse().unwrap()).to_string();
        Box::pin(std::future::ready(Ok(TransportReply::new(200, body))))
    }
}

fn client(answer: impl Fn(u64) -> Value + Send + Sync + 'static) -> Client {
    Client::builder(Region::Europe, Token::opaque(KEY))
        .transport(Paged(answer))
        .no_rate_limit()
        .build()
        .unwrap()
}

/// Pages of five.
fn pages(client: &Client) -> Pages<Project> {
    let mut list = ProjectList::new();
    list.page_size = Some(5);
    client.project_pages(&list)
}

/// A page with these rows, and everything beside them that could mislead.
fn page(rows: impl Iterator<Item = u64>) -> Value {
    let rows: Vec<Value> =
        rows.map(|row| json!({"name": "n", "uuid": format!("p-{row}"), "org_uuid": "o"})).collect();
    let total = json!({"page": 1, "page_size": 0, "total": -1, "total_page": u64::MAX});
    json!({"code": 0, "data": {"list": rows, "total": 0, "has_next": true, "pagination": total}})
}

/// Reads to the end: the rows, and the error if there was one.
async fn read(pages: &mut Pages<Project>, most: usize) -> (Vec<String>, Option<Error>) {
    let mut rows = Vec::new();
    for _ in 0..most {
        match pages.next().await {
            Some(Ok(page)) => rows.extend(page.iter().map(|row| row.uuid.as_str().to_owned())),
            Some(Err(error)) => return (rows, Some(error)),
            None => return (rows, None),
        }
    }
    panic!("it does not end")
}

#[tokio::test]
async fn attack_35_a_page_that_comes_again_ends_in_an_error() {
    for length in [1, 2, 3, 10] {
        let client = client(move |number| {
            let place = (number - 1) % length;
            page(place * 5..place * 5 + 5)
        });
        let (rows, error) = read(&mut pages(&client), 100).await;
        assert_eq!(error.unwrap().kind(), ErrorKind::Paging);
        assert!(rows.len() >= length as usize * 5);
        // All at once it ends, too.
        assert!(client.all_projects().await.unwrap().len() <= 5 * length as usize);
    }
}

#[tokio::test]
async fn attack_35_what_is_said_of_totals_is_not_believed() {
    let client = client(|number| match number {
        1..4 => page(number * 5..number * 5 + 5),
        4 => page(20..22),
        _ => panic!("after a page that is not full nothing is asked for"),
    });
    let (rows, error) = read(&mut pages(&client), 100).await;
    assert!(error.is_none());
    assert_eq!(rows.len(), 17);
}

#[tokio::test]
async fn attack_35_a_page_size_of_nothing_is_one_request() {
    let script = ScriptedTransport::new().then(Scripted::json(page(0..0).to_string()));
    let mut list = ProjectList::new();
    list.page_size = Some(0);
    let mut pages = script.client().unwrap().project_pages(&list);
    if let Some(first) = pages.next().await {
        assert!(first.map_or(true, |page| page.is_empty()));
    }
    assert!(pages.next().await.is_none());
    assert!(script.requests().len() <= 1);
}

#[tokio::test]
async fn attack_35_a_list_that_never_ends_is_given_up() {
    // The same rows but for one that is always new.
    let client = client(|number| page((0..99).chain([number + 1000])));
    assert_eq!(client.all_projects().await.unwrap_err().kind(), ErrorKind::Paging);
}

#[tokio::test]
async fn a_failure_loses_no_page() {
    let script = ScriptedTransport::new()
        .then(Scripted::json(page(0..5).to_string()))
        .then(Scripted::json(r#"{"code":200401,"message":""}"#))
        .then(Scripted::json(page(5..7).to_string()));
    let client = script.client().unwrap();
    let mut pages = pages(&client);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 5);
    assert!(pages.next().await.unwrap().unwrap_err().is_auth());
    assert_eq!(pages.next_number(), Some(2));
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 2);
    assert!(pages.next().await.is_none());
}

#[test]
fn pages_come_without_async_too() {
    let client = client(|number| page(number * 5..number * 5 + if number < 3 { 5 } else { 1 }));
    let client = flighthub_api::blocking::Client::from_async(client).unwrap();
    let mut list = ProjectList::new();
    list.page_size = Some(5);
    let rows: usize = client.project_pages(&list).map(|page| page.unwrap().len()).sum();
    assert_eq!(rows, 11);
}

/// Ten thousand pages of which each begins with the last row of the one before, as when a row is added meanwhile.
#[tokio::test]
async fn row_20_ten_thousand_pages_have_every_row_once() {
    const PAGES: u64 = 10_000;
    let client = client(|number| {
        let first = (number - 1) * 4;
        page(first..first + if number < PAGES { 5 } else { 3 })
    });
    let mut pages = pages(&client);
    let (mut seen, mut doubled, mut asked) = (HashSet::new(), 0, 0);
    while let Some(page) = pages.next().await {
        asked += 1;
        for row in page.unwrap() {
            doubled += usize::from(!seen.insert(row.uuid.as_str().to_owned()));
        }
    }
    let expected = ((PAGES - 1) * 4 + 3) as usize;
    let paged = CATALOGUE.iter().filter(|info| is_paged(info.id)).count();
    figure("pages read", "count", asked);
    figure("rows missing", "count", expected - seen.len());
    figure("rows doubled", "count", doubled);
    figure("operations with pages", "count", paged);
    figure("operations with pages and a stream", "count", 1);
    assert_eq!((asked, seen.len(), doubled, paged), (PAGES, expected, 0, 1));
}

/// Whether the operation is asked for by page numbers.
fn is_paged(id: &str) -> bool {
    let entry = flighthub_api::catalog::Catalogue::v1().get(id).unwrap();
    entry.arguments["properties"].get("page").is_some()
}
