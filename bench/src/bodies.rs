//! Answers of the sizes that calls usually have: a task, a list of tasks, a track.

use std::fmt::Write as _;

/// The answer to `task.get`: about 0.6 kB.
#[must_use]
pub fn task() -> String {
    let data = r#"{"name":"Perimeter round north","uuid":"5b1f0c5e-0000-4000-8000-000000000017","task_type":"timed","status":"success","sn":"7CTXN0000B00A1","wayline_uuid":"c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410","begin_at":"2026-01-02T03:04:05.123456Z","end_at":"2026-01-02T03:34:05.654321Z","out_of_control_action_in_flight":"return_home","rth_altitude":60,"rth_mode":"preset","resumable_status":"manual","folder_info":{"folder_id":812345,"expected_file_count":24,"uploaded_file_count":24},"repeat_type":"nonrepeating","interval":0,"days_of_week":[],"days_of_month":[],"week_of_month":0}"#;
    framed(data)
}

/// The answer to `task.list`: 50 tasks, about 27 kB.
#[must_use]
pub fn tasks() -> String {
    let rows: Vec<String> = (0..50).map(row).collect();
    framed(&format!(r#"{{"list":[{}]}}"#, rows.join(",")))
}

fn row(number: u32) -> String {
    format!(
        r#"{{"uuid":"5b1f0c5e-0000-4000-8000-{number:012}","name":"Perimeter round {number}","task_type":"timed","status":"success","sn":"7CTXN0000B00A1","landing_dock_sn":"","wayline_uuid":"c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410","begin_at":"2026-01-02T03:{minute:02}:05Z","end_at":"2026-01-02T04:{minute:02}:05Z","run_at":"2026-01-02T03:{minute:02}:06.123456Z","completed_at":"2026-01-02T03:{minute:02}:59.654321Z","folder_id":{folder},"current_waypoint_index":41,"total_waypoints":42,"media_upload_status":"upload_finished","resumable_status":"","is_break_point_resume":false,"operations":[],"exceptions":null}}"#,
        minute = number % 60,
        folder = 812_000 + number,
    )
}

/// The answer to `task.track` with so many points, about 85 bytes each.
#[must_use]
pub fn track(points: u32) -> String {
    let mut data = String::with_capacity(points as usize * 96 + 256);
    data.push_str(r#"{"name":"Perimeter round north","wayline_uuid":"c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410","track":{"track_id":"9a3f7f0e-0000-4000-8000-000000000001","drone_sn":"1581F0Q8X000U00G00A1","flight_distance":1234.5,"flight_duration":1800,"points":["#);
    for number in 0..points {
        if number > 0 {
            data.push(',');
        }
        let (step, wave) = (f64::from(number), f64::from(number % 997));
        let written = write!(
            data,
            r#"{{"timestamp":{time},"latitude":{latitude:.8},"longitude":{longitude:.8},"height":{height:.2}}}"#,
            time = 1_767_322_800_000_u64 + u64::from(number) * 2_000,
            latitude = 0.02 + step * 1.7e-7,
            longitude = -25.3 - step * 2.3e-7,
            height = 80.0 + wave * 0.07,
        );
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    data.push_str("]}}");
    framed(&data)
}

fn framed(data: &str) -> String {
    format!(r#"{{"code":0,"message":"OK","data":{data}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_have_the_sizes_that_the_tables_name() {
        for (body, from, to) in
            [(task(), 560, 640), (tasks(), 25_000, 29_000), (track(1000), 80_000, 110_000)]
        {
            assert!((from..to).contains(&body.len()), "{} bytes", body.len());
        }
    }
}
