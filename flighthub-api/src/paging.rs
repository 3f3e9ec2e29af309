//! Lists that come in pages without a total: ask until a page is not full, and notice when pages repeat themselves or are cut shorter than
//! asked for.

use std::collections::HashSet;
use std::future::Future;
use std::hash::Hash;

use crate::error::{Error, ErrorKind};
use crate::list::List;

/// More pages than any organization has.
const MOST_PAGES: u32 = 1000;

/// What the limits that services put on their pages are multiples of. A first page of another length is the only one.
pub(crate) const ROUND: usize = 5;

/// Collects all pages; rows that could not be read are collected too, apart.
///
/// `fetch` brings a page by its number, from 1; a page counts by the rows that came, the unreadable ones included. `key`
/// tells rows apart. A service that ignores the page number sends the same rows for ever: the collection ends when a full
/// page brings nothing new. One that sends fewer rows than asked for, because it has a limit of its own, is asked on as long
/// as its pages may be full ones.
pub(crate) async fn collect<T, K: Eq + Hash, F: Future<Output = Result<List<T>, Error>>>(
    page_size: usize,
    key: impl Fn(&T) -> K,
    mut fetch: impl FnMut(u32) -> F,
) -> Result<List<T>, Error> {
    let mut seen = HashSet::new();
    let mut seen_odd = HashSet::new();
    let mut all = List::null();
    let mut longest = 0;
    for number in 1..=MOST_PAGES {
        let page = fetch(number).await?;
        let came = page.len() + page.odd().len();
        let new = all.append(
            page,
            |row| seen.insert(key(row)),
            |odd| seen_odd.insert(odd.json().to_owned()),
        );
        longest = longest.max(came);
        let is_full = came >= page_size || came == longest && came % ROUND == 0;
        if !is_full || new == 0 {
            return Ok(all);
        }
    }
    Err(Error::local(ErrorKind::Paging, format!("the list does not end within {MOST_PAGES} pages")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(answer: impl Fn(u32) -> Vec<u32>) -> (Result<List<u32>, Error>, u32) {
        pages_of(2, answer)
    }

    fn pages_of(size: usize, answer: impl Fn(u32) -> Vec<u32>) -> (Result<List<u32>, Error>, u32) {
        let asked = std::cell::Cell::new(0);
        let future = collect(
            size,
            |row: &u32| *row,
            |number| {
                asked.set(number);
                std::future::ready(Ok(List::new(answer(number))))
            },
        );
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(result) => (result, asked.get()),
            std::task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn pages_are_asked_for_until_one_is_not_full() {
        let (rows, asked) =
            pages(|number| if number < 3 { vec![number * 2, number * 2 + 1] } else { vec![9] });
        assert_eq!((rows.unwrap().into_vec(), asked), (vec![2, 3, 4, 5, 9], 3));
        let (rows, asked) = pages(|_| vec![]);
        assert_eq!((rows.unwrap().into_vec(), asked), (vec![], 1));
    }

    #[test]
    fn a_service_that_ignores_the_page_number_is_noticed() {
        let (rows, asked) = pages(|_| vec![1, 2]);
        assert_eq!((rows.unwrap().into_vec(), asked), (vec![1, 2], 2));
    }

    #[test]
    fn a_service_with_a_smaller_page_of_its_own_is_read_to_the_end() {
        let all: Vec<u32> = (0..23).collect();
        let (rows, asked) = pages_of(100, |number| {
            all.chunks(10).nth(number as usize - 1).map(<[u32]>::to_vec).unwrap_or_default()
        });
        assert_eq!((rows.unwrap().into_vec(), asked), (all, 3));
    }

    #[test]
    fn a_list_without_end_is_an_error() {
        let (rows, asked) = pages(|number| vec![number * 2, number * 2 + 1]);
        assert_eq!(rows.unwrap_err().kind(), ErrorKind::Paging);
        assert_eq!(asked, MOST_PAGES);
    }
}
