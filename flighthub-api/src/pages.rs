//! A list page by page, in the memory of one page.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::clock::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::list::List;
use crate::paging::ROUND;

type Page<T> = Result<List<T>, Error>;

/// The pages of a list, asked for one after the other; a [`Stream`] of them, too.
///
/// It ends with the first page that is not full; a service with a smaller page of its own is asked on as long as its pages
/// may be full ones. A row that moved on to the next page while the list was being read comes once. Pages that repeat
/// earlier ones are an error ([`ErrorKind::Paging`]), since a service that goes round in circles withholds something. Another failure can be tried again: the next call asks for the same page.
///
/// ```no_run
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// use flighthub_api::v1::ProjectList;
///
/// let mut pages = client.project_pages(&ProjectList::new());
/// while let Some(page) = pages.next().await {
///     for project in page? {
///         println!("{}", project.name);
///     }
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is asked for until `.next()`"]
pub struct Pages<T> {
    fetch: Box<dyn Fn(u32) -> BoxFuture<'static, Page<T>> + Send + Sync>,
    key: fn(&T) -> String,
    page_size: usize,
    next: Option<u32>,
    coming: Option<BoxFuture<'static, Page<T>>>,
    /// Rows of the longest page so far.
    longest: usize,
    /// Keys of the rows of the last page.
    last: HashSet<String>,
    circle: Circle,
}

impl<T> Pages<T> {
    pub(crate) fn new(
        page_size: usize,
        first: u32,
        key: fn(&T) -> String,
        fetch: impl Fn(u32) -> BoxFuture<'static, Page<T>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(fetch),
            key,
            page_size,
            next: Some(first),
            coming: None,
            longest: 0,
            last: HashSet::new(),
            circle: Circle::default(),
        }
    }

    /// The next page. `None` after the last one.
    ///
    /// # Errors
    ///
    /// As for any call; and when the pages repeat themselves.
    pub async fn next(&mut self) -> Option<Page<T>> {
        poll_fn(|context| self.poll_page(context)).await
    }

    /// Number of the page that is asked for next: to go on there another time. `None` after the last one.
    #[must_use]
    pub const fn next_number(&self) -> Option<u32> {
        self.next
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Page<T>>> {
        let Some(number) = self.next else { return Poll::Ready(None) };
        let coming = self.coming.get_or_insert_with(|| (self.fetch)(number));
        let page = ready!(coming.as_mut().poll(context));
        self.coming = None;
        Poll::Ready(Some(page.and_then(|page| self.turn(number, page))))
    }

    /// Looks at a page that came.
    fn turn(&mut self, number: u32, page: List<T>) -> Page<T> {
        let came = page.len() + page.odd().len();
        // A service that sends more than was asked for sends everything.
        self.longest = self.longest.max(came);
        let is_full = came == self.page_size
            || came < self.page_size && came == self.longest && came % ROUND == 0;
        self.next = (is_full && came > 0).then(|| number.saturating_add(1));
        let keys: Vec<String> = page.iter().map(self.key).collect();
        let odd = page.odd().iter().map(|odd| odd.json().to_owned());
        if came > 0 && self.circle.closes(keys.iter().cloned().chain(odd)) {
            self.next = None;
            let problem = format!("page {number} of the list repeats an earlier one");
            return Err(Error::local(ErrorKind::Paging, problem));
        }
        let mut fresh = List::null();
        fresh.append(page, |row| !self.last.contains(&(self.key)(row)), |_| true);
        self.last = keys.into_iter().collect();
        Ok(fresh)
    }
}

impl<T> Stream for Pages<T> {
    type Item = Page<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Page<T>>> {
        self.get_mut().poll_page(context)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("page_size", &self.page_size)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// Notices that pages come round again, with one page remembered: by Brent's way of finding circles, the remembered one is replaced
/// after 1, 2, 4, … pages.
#[derive(Default)]
struct Circle {
    hasher: RandomState,
    mark: Option<u64>,
    since: u32,
    until: u32,
}

impl Circle {
    fn closes(&mut self, keys: impl Iterator<Item = impl Hash>) -> bool {
        let mut hasher = self.hasher.build_hasher();
        keys.for_each(|key| key.hash(&mut hasher));
        let page = hasher.finish();
        if self.mark == Some(page) {
            return true;
        }
        if self.since == self.until {
            self.mark = Some(page);
            self.since = 0;
            self.until = self.until.saturating_mul(2).max(1);
        }
        self.since += 1;
        false
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn pages(answer: impl Fn(u32) -> Vec<u64> + Send + Sync + 'static) -> Pages<u64> {
        Pages::new(4, 1, u64::to_string, move |number| {
            Box::pin(std::future::ready(Ok(List::new(answer(number)))))
        })
    }

    fn read(pages: &mut Pages<u64>) -> Option<Page<u64>> {
        match pages.poll_page(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(page) => page,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn pages_end_with_one_that_is_not_full() {
        let mut pages = pages(|number| match u64::from(number) {
            number @ 0..3 => (number * 4..number * 4 + 4).collect(),
            _ => vec![],
        });
        let mut rows = Vec::new();
        while let Some(page) = read(&mut pages) {
            rows.extend(page.unwrap());
        }
        assert_eq!(rows, (4..12).collect::<Vec<_>>());
        assert_eq!(pages.next_number(), None);
    }

    #[test]
    fn a_service_that_sends_everything_at_once_is_done() {
        let mut pages = pages(|_| (0..9).collect());
        assert_eq!(read(&mut pages).unwrap().unwrap().len(), 9);
        assert!(read(&mut pages).is_none());
    }

    #[test]
    fn a_service_with_a_smaller_page_of_its_own_is_read_to_the_end() {
        let fetch = |number: u32| -> BoxFuture<'static, Page<u64>> {
            let first = u64::from(number - 1) * 10;
            Box::pin(std::future::ready(Ok(List::new((first..23.min(first + 10)).collect()))))
        };
        let mut pages = Pages::new(100, 1, u64::to_string, fetch);
        let mut rows = 0;
        while let Some(page) = read(&mut pages) {
            rows += page.unwrap().len();
        }
        assert_eq!(rows, 23);
    }

    #[test]
    fn a_row_that_moved_to_the_next_page_comes_once() {
        let mut pages = pages(|number| match number {
            1 => vec![1, 2, 3, 4],
            2 => vec![4, 5, 6, 7],
            _ => vec![8],
        });
        let mut rows = Vec::new();
        while let Some(page) = read(&mut pages) {
            rows.extend(page.unwrap());
        }
        assert_eq!(rows, (1..9).collect::<Vec<_>>());
    }

    #[test]
    fn circles_of_every_length_are_noticed() {
        for (before, length) in [(0, 1), (0, 2), (0, 7), (3, 5), (100, 1), (17, 300)] {
            let mut pages = pages(move |number| {
                let number = u64::from(number - 1);
                let place =
                    if number < before { number } else { before + (number - before) % length };
                (place * 4..place * 4 + 4).collect()
            });
            let mut turns = 0;
            let error = loop {
                turns += 1;
                if let Err(error) = read(&mut pages).unwrap() {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::Paging);
            assert!(turns <= 3 * (before + length) + 2, "{before} {length}: {turns}");
            assert!(read(&mut pages).is_none(), "and that is the end");
        }
    }
}
