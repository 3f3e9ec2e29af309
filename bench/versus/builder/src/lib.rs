//! What Progenitor writes in its builder style; `VERSUS` names the folder that it was written to.

include!(concat!(env!("VERSUS"), "/builder.rs"));
