//! What Progenitor writes in its positional style; `VERSUS` names the folder that it was written to.

include!(concat!(env!("VERSUS"), "/positional.rs"));
