//! Tasks as lists and details show them.

use flighthub_api::List;
use flighthub_api::v1::{
    DockSn, FlightTask, FlightTaskSummary, FolderInfo, MediaFolderId, MediaUploadStatus,
    RepeatType, TaskOperation, WaylineId,
};

use super::{Plan, Task};
use crate::world::{World, calendar};

impl Task {
    pub(super) fn summary(&self) -> FlightTaskSummary {
        let settings = self.settings.as_ref();
        let operation = || TaskOperation {
            operator_account: Some(World::OWNER_ACCOUNT.to_owned()),
            operator_name: None,
            operation_type: None,
        };
        let upload = match (self.media.uploaded, self.media.files.len()) {
            _ if self.completed_at.is_none() => MediaUploadStatus::TO_UPLOAD,
            (uploaded, all) if uploaded == all => MediaUploadStatus::UPLOAD_FINISHED,
            (0, _) => MediaUploadStatus::TO_UPLOAD,
            _ => MediaUploadStatus::UPLOADING,
        };
        let list = |items: usize| i32::try_from(items).ok();
        FlightTaskSummary {
            uuid: self.uuid.clone(),
            name: self.name.clone(),
            task_type: self.kind.clone(),
            status: self.status.clone(),
            sn: self.dock.clone(),
            // Empty, not absent, as in the lists of the real one.
            landing_dock_sn: Some(self.landing.clone().unwrap_or_else(|| DockSn::new(""))),
            wayline_uuid: Some(self.wayline.clone().unwrap_or_else(|| WaylineId::new(""))),
            begin_at: Some(self.begin_at),
            end_at: Some(self.end_at),
            run_at: self.run_at,
            completed_at: self.completed_at,
            folder_id: Some(MediaFolderId::new(self.media.folder)),
            current_waypoint_index: list(self.waypoints.0),
            total_waypoints: list(self.waypoints.1),
            media_upload_status: Some(MediaUploadStatus::new(upload)),
            resumable_status: settings.map(|settings| settings.resumable.clone()),
            is_break_point_resume: Some(self.resumed.is_some()),
            operations: if self.by_person { List::from(vec![operation()]) } else { List::null() },
            exceptions: if self.exceptions.is_empty() {
                List::null()
            } else {
                List::from(self.exceptions.clone())
            },
        }
    }

    pub(super) fn detail(&self) -> FlightTask {
        let zone = self.zone();
        let files = |count: usize| i32::try_from(count).ok();
        let settings = self.settings.as_ref();
        let rule = match &self.plan {
            Plan::Recurring { rule, .. } | Plan::Continuous { rule, .. } => Some(rule),
            Plan::Once { .. } => None,
        };
        let times = match &self.plan {
            Plan::Recurring { times, .. } => times.clone(),
            _ => Vec::new(),
        };
        let (periods, min_battery) = match &self.plan {
            Plan::Continuous { periods, min_battery, .. } => {
                (periods.iter().map(|(begin, end)| vec![*begin, *end]).collect(), *min_battery)
            }
            _ => (Vec::new(), 0),
        };
        FlightTask {
            name: self.name.clone(),
            uuid: self.uuid.clone(),
            task_type: self.kind.clone(),
            status: self.status.clone(),
            sn: self.dock.clone(),
            wayline_uuid: self.wayline.clone(),
            begin_at: Some(calendar::local(self.begin_at, &zone)),
            end_at: Some(calendar::local(self.end_at, &zone)),
            out_of_control_action_in_flight: settings
                .map(|settings| settings.out_of_control.clone()),
            rth_altitude: settings.map(|settings| settings.rth_altitude),
            rth_mode: settings.map(|settings| settings.rth_mode.clone()),
            resumable_status: settings.map(|settings| settings.resumable.clone()),
            folder_info: (self.media.folder != 0).then(|| FolderInfo {
                folder_id: MediaFolderId::new(self.media.folder),
                expected_file_count: files(self.media.files.len()),
                uploaded_file_count: files(self.media.uploaded),
            }),
            repeat_type: Some(rule.map_or(RepeatType::Nonrepeating, |rule| rule.kind.clone())),
            interval: Some(rule.map_or(0, |rule| rule.option.interval)),
            days_of_week: rule
                .map(|rule| rule.option.days_of_week.clone().into())
                .unwrap_or_default(),
            days_of_month: rule
                .map(|rule| rule.option.days_of_month.clone().into())
                .unwrap_or_default(),
            // A single number here, a list when the task is created.
            week_of_month: Some(
                rule.and_then(|rule| rule.option.week_of_month.first().copied()).unwrap_or(0),
            ),
            recurring_task_start_time_list: times,
            continuous_task_periods: periods,
            min_battery_capacity: Some(min_battery),
        }
    }
}
