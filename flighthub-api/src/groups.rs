//! The groups of operations as accessors of all handles.

/// Adds an accessor per group to all handles.
macro_rules! groups {
    ($($accessor:ident: $group:ident),* $(,)?) => {
        $crate::groups::groups!(@on [$crate::Client] $($accessor: $group),*);
        $crate::groups::groups!(@on [$crate::Project] $($accessor: $group),*);
        #[cfg(feature = "blocking")]
        $crate::groups::groups!(@on [$crate::blocking::Client] $($accessor: $group),*);
        #[cfg(feature = "blocking")]
        $crate::groups::groups!(@on [$crate::blocking::Project] $($accessor: $group),*);
    };
    (@on [$($handle:tt)*] $($accessor:ident: $group:ident),*) => {
        impl<A: $crate::Access> $($handle)*<A> {
            $(
                #[doc = concat!("The operations of [`", stringify!($group), "`](crate::v1::", stringify!($group), ").")]
                #[must_use]
                pub fn $accessor(&self) -> $group<Self> {
                    $group(self.clone())
                }
            )*
        }
    };
}
pub(crate) use groups;
