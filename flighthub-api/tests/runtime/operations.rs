//! Operations made up for these tests, one of each sort.

use flighthub_api::{Accepted, Evidence, Listing, Operation, OperationInfo, Secret, risk, scope};
use serde::{Deserialize, Serialize};

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: i64,
}

/// Something that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) uuid: String,
    #[serde(default)]
    pub(crate) status: Option<String>,
}

macro_rules! operation {
    ($name:ident -> $output:ty, $scope:ident, $risk:ident, $info:expr $(, $failure:expr)?) => {
        impl Operation for $name {
            type Output = $output;
            type Scope = scope::$scope;
            type Risk = risk::$risk;
            const INFO: &'static OperationInfo = &$info.evidence(Evidence::Guess, Evidence::Guess, Evidence::Guess);
            $(fn failure(output: &Self::Output) -> Option<&'static str> {
                let failure: fn(&Self::Output) -> Option<&'static str> = $failure;
                failure(output)
            })?
        }
    };
}

/// Lists rows of the organization.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(crate) struct RowList {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<i64>,
}
operation!(RowList -> Listing<Row>, Organization, Read, OperationInfo::get("row.list", "Rows", "/openapi/v0.1/row").safe_to_retry());

/// Reads a row of a project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RowGet {
    pub(crate) row_id: String,
}
operation!(RowGet -> Row, Project, Read, OperationInfo::get("row.get", "Rows", "/openapi/v0.1/row/{row_id}").project().safe_to_retry());

/// Hands out credentials: a GET that a read-only handle must not send.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(crate) struct RowKey {}
operation!(RowKey -> Made, Project, Write, OperationInfo::get("row.key", "Rows", "/openapi/v0.1/row-key").project().write().safe_to_retry());

/// Launches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RowLaunch {
    pub(crate) name: String,
    pub(crate) password: Secret,
}
operation!(RowLaunch -> Made, Project, Dangerous, OperationInfo::post("row.launch", "Rows", "/openapi/v0.1/row").body().project().dangerous(),
    |made| (made.status.as_deref() == Some("failure")).then_some("status is `failure`"));

/// Changes something, and is told only that it was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RowRename {
    pub(crate) row_id: String,
    pub(crate) name: String,
}
operation!(RowRename -> Accepted, Either, Write, OperationInfo::put("row.rename", "Rows", "/openapi/v0.1/row/{row_id}").body().either().write());

/// A GET that the spec does not call safe to repeat.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(crate) struct RowDraw {}
operation!(RowDraw -> Row, Organization, Read, OperationInfo::get("row.draw", "Rows", "/openapi/v0.1/row-draw"));

pub(crate) fn get() -> RowGet {
    RowGet { row_id: "7".into() }
}

pub(crate) fn launch() -> RowLaunch {
    RowLaunch { name: "north".into(), password: Secret::new("FHSECRET") }
}

pub(crate) fn rename() -> RowRename {
    RowRename { row_id: "7".into(), name: "south".into() }
}
