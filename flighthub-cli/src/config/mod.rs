//! Where FlightHub is, with which key, and the rest of what a command needs to know before it starts.
//!
//! Each setting comes from the first of these that has it: the flag, the environment, the profile, the default. `region` and `url` are one
//! setting in two forms. What makes things safer cannot be turned off again: `read_only` holds when any of them says so.
//!
//! | profile key     | flag             | environment              | default                           |
//! |-----------------|------------------|--------------------------|-----------------------------------|
//! | (the profile)   | `--profile`      | `FLIGHTHUB_PROFILE`      | `default_profile`, then `default` |
//! | `region`        | `--region`       | `FLIGHTHUB_REGION`       | none                              |
//! | `url`           | `--url`          | `FLIGHTHUB_URL`          | none                              |
//! | `key`           | `--key-stdin`    | `FLIGHTHUB_TOKEN`        | none                              |
//! | `key_file`      | `--key-file`     | `FLIGHTHUB_KEY_FILE`     | none                              |
//! | `keyring`       |                  |                          | false                             |
//! | `project`       | `--project`      | `FLIGHTHUB_PROJECT`      | none                              |
//! | `language`      | `--language`     | `FLIGHTHUB_LANGUAGE`     | en                                |
//! | `ca_file`       | `--ca-file`      | `FLIGHTHUB_CA_FILE`      | the platform's authorities        |
//! | `proxy`         | `--proxy`        | `FLIGHTHUB_PROXY`        | `HTTPS_PROXY` and the like        |
//! | `host_header`   | `--host-header`  | `FLIGHTHUB_HOST_HEADER`  | the host of the address           |
//! | `read_only`     | `--read-only`    | `FLIGHTHUB_READ_ONLY`    | false                             |
//! | `rth_ceiling_m` | `--rth-ceiling`  | `FLIGHTHUB_RTH_CEILING_M`| not checked                       |
//! | `allow_http`    | `--allow-http`   | `FLIGHTHUB_ALLOW_HTTP`   | false                             |
//! | `state_dir`     | `--state-dir`    | `FLIGHTHUB_STATE_DIR`    | the platform's folder for states  |
//! | (the file)      | `--config`       | `FLIGHTHUB_CONFIG`       | the platform's folder for settings|
//!
//! A key is never an argument, is never printed, and files that others can read are refused.

mod address;
pub(crate) mod edit;
mod error;
mod file;
mod key;
pub(crate) mod keyring;
pub(crate) mod permissions;
mod settings;
mod surroundings;
mod table;

pub(crate) use error::ConfigError;
pub(crate) use file::{File, Profile};
pub(crate) use key::KeyPlace;
pub(crate) use settings::{Flags, Settings, resolve, unknown_variables};
pub(crate) use surroundings::Surroundings;
pub(crate) use table::{SETTINGS, Setting};

#[cfg(test)]
mod tests;
