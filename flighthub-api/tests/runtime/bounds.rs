//! What handles are: cheap, alike, and able to travel. What they must not send is shown by the examples of `Sends`.

use flighthub_api::testing::ScriptedTransport;
use flighthub_api::{Client, Error, ErrorKind, Project, ReadOnly, Reply, Sending};

use crate::operations::{Row, RowGet, RowList, get};

fn travels<T: Send + 'static>(_: &T) {}

#[test]
fn calls_are_futures_that_own_what_they_need() {
    let client = ScriptedTransport::new().client().unwrap();
    let sending: Sending<RowGet> = {
        let operation = get();
        client.project("p-1").send(&operation)
    };
    travels(&sending);
    travels(&client.call(&RowList::default()));
    assert!(size_of_val(&sending) <= 2 * size_of::<usize>());
}

#[test]
fn handles_are_cheap_and_travel() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    shared::<Client>();
    shared::<Client<ReadOnly>>();
    shared::<Project>();
    shared::<flighthub_api::blocking::Client>();
    shared::<flighthub_api::blocking::Project<ReadOnly>>();
    fn answers<T: Send + 'static>() {}
    answers::<Result<Reply<Row>, Error>>();
}

#[test]
fn handles_know_where_they_lead() {
    let client = ScriptedTransport::new().client().unwrap();
    let project = client.project("p-1").read_only();
    assert_eq!(project.uuid(), "p-1");
    assert_eq!(
        format!("{project:?}"),
        "Project Handle { url: https://es-flight-api-eu.djigate.com, project: \"p-1\", .. }"
    );
    assert_eq!(
        format!("{:?}", project.client()),
        "Client Handle { url: https://es-flight-api-eu.djigate.com, .. }"
    );
}

#[tokio::test]
async fn a_script_notices_what_it_was_not_written_for() {
    use flighthub_api::Method;
    use flighthub_api::testing::Scripted;

    let script = ScriptedTransport::new()
        .then(Scripted::json("{}").expect(Method::Post, "/openapi/v0.1/row"))
        .then(Scripted::json("{}"));
    let error = script.client().unwrap().send(&RowList::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error
            .to_string()
            .contains("POST /openapi/v0.1/row was expected, and GET /openapi/v0.1/row came"),
        "{error}"
    );
    let problems = script.verify().unwrap_err().to_string();
    assert!(
        problems.contains("was expected") && problems.contains("1 events were never asked for"),
        "{problems}"
    );
}
