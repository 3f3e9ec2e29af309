//! Files that nobody has to keep: their bytes follow from their number, seed and size.
//!
//! Photos are JPEG, videos MP4, observations RTCM and archives ZIP that ordinary tools open. They are padded to their size in the way that their format has for
//! it, so that any part of a file of any size costs next to nothing.

mod archive;
mod jpeg;
mod mp4;
mod rtcm;
mod scene;

use std::ops::Range;

/// A file whose bytes are made when they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    form: Form,
    seed: u64,
    len: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A photo. The number can be seen in the picture.
    Photo { number: u32 },
    /// A video. The number can be seen in its pictures.
    Video { number: u32 },
    /// Observations of satellites.
    Observations,
    /// An archive. The number can be seen in the picture in it.
    Archive { number: u32 },
}

impl Made {
    /// The least size of a photo: pictures are smaller.
    pub(crate) const LEAST_PHOTO: u64 = 16 << 10;
    /// The least size of a video.
    pub(crate) const LEAST_VIDEO: u64 = 128 << 10;
    /// The least size of an archive: the picture and what is around it.
    pub(crate) const LEAST_ARCHIVE: u64 = 32 << 10;
    /// The largest size of an archive, as its format had it at first and everybody can read it.
    pub(crate) const MOST_ARCHIVE: u64 = u32::MAX as u64;

    /// A photo of a size in bytes; of the least possible one when that is more.
    pub(crate) const fn photo(number: u32, seed: u64, len: u64) -> Self {
        let len = if len < Self::LEAST_PHOTO { Self::LEAST_PHOTO } else { len };
        Self { form: Form::Photo { number }, seed, len }
    }

    /// The smallest photo.
    pub(crate) const fn preview(number: u32, seed: u64) -> Self {
        Self::photo(number, seed, Self::LEAST_PHOTO)
    }

    /// A video of a size in bytes; of the least possible one when that is more.
    pub(crate) const fn video(number: u32, seed: u64, len: u64) -> Self {
        let len = if len < Self::LEAST_VIDEO { Self::LEAST_VIDEO } else { len };
        Self { form: Form::Video { number }, seed, len }
    }

    /// Observations of satellites of a size in bytes.
    pub(crate) const fn observations(seed: u64, len: u64) -> Self {
        Self { form: Form::Observations, seed, len }
    }

    /// An archive of a size in bytes, within what there can be.
    pub(crate) fn archive(number: u32, seed: u64, len: u64) -> Self {
        let len = len.clamp(Self::LEAST_ARCHIVE, Self::MOST_ARCHIVE);
        Self { form: Form::Archive { number }, seed, len }
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// What identifies the content, in the form of an upload in parts, which is no MD5 either.
    pub(crate) fn etag(&self) -> String {
        let (kind, number) = match self.form {
            Form::Photo { number } => (1, number),
            Form::Video { number } => (2, number),
            Form::Observations => (3, 0),
            Form::Archive { number } => (4, number),
        };
        let parts = [kind, u64::from(number), self.len];
        let hash = parts.iter().fold(mixed(!self.seed), |hash, part| mixed(hash ^ part));
        format!("{:016x}{:016x}-1", hash, mixed(hash))
    }

    /// At most `most` bytes from an offset on; fewer only at the end.
    pub(crate) fn read(&self, offset: u64, most: usize) -> Vec<u8> {
        let end = self.len.min(offset.saturating_add(most as u64));
        let wanted = offset.min(end)..end;
        match self.form {
            Form::Photo { number } => self.read_photo(number, &wanted),
            Form::Video { number } => self.read_video(number, &wanted),
            Form::Observations => wanted.map(|at| rtcm::byte(self.seed, self.len, at)).collect(),
            Form::Archive { number } => self.read_archive(number, &wanted),
        }
    }

    /// Head, comments, picture.
    fn read_photo(&self, number: u32, wanted: &Range<u64>) -> Vec<u8> {
        let picture = jpeg::picture(number, self.seed, 0);
        let (head, picture_at) =
            (jpeg::HEAD.len() as u64, self.len.saturating_sub(picture.len() as u64));
        let mut bytes = part(jpeg::HEAD, 0, wanted);
        let comments = wanted.start.max(head)..wanted.end.min(picture_at);
        bytes.extend(comments.map(|at| jpeg::comment(self.seed, picture_at - head, at - head)));
        bytes.extend(part(&picture, picture_at, wanted));
        bytes
    }

    /// Head with the pictures, then free space.
    fn read_video(&self, number: u32, wanted: &Range<u64>) -> Vec<u8> {
        let head = mp4::head(number, self.seed, self.len);
        let mut bytes = part(&head, 0, wanted);
        let free = wanted.start.max(head.len() as u64)..wanted.end;
        bytes.extend(free.map(|at| filler(self.seed, at)));
        bytes
    }

    /// Head with note and picture, zeros, directory.
    fn read_archive(&self, number: u32, wanted: &Range<u64>) -> Vec<u8> {
        let (head, tail) = archive::around(number, self.seed, self.len);
        let tail_at = self.len.saturating_sub(tail.len() as u64);
        let mut bytes = part(&head, 0, wanted);
        let zeros_at = wanted.start.max(head.len() as u64);
        let zeros = wanted.end.min(tail_at).saturating_sub(zeros_at);
        bytes.resize(bytes.len() + usize::try_from(zeros).unwrap_or(0), 0);
        bytes.extend(part(&tail, tail_at, wanted));
        bytes
    }
}

/// What of a section that begins at `at` is wanted.
fn part(section: &[u8], at: u64, wanted: &Range<u64>) -> Vec<u8> {
    let within = |place: u64| usize::try_from(place.saturating_sub(at)).unwrap_or(usize::MAX);
    let end = within(wanted.end).min(section.len());
    section.get(within(wanted.start).min(end)..end).unwrap_or_default().to_vec()
}

/// The byte at a place of a file: the same whatever is read around it.
fn filler(seed: u64, at: u64) -> u8 {
    mixed(seed ^ at).to_be_bytes()[0]
}

fn mixed(value: u64) -> u64 {
    let value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^ (value >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<Made> {
        vec![
            Made::preview(7, 3),
            Made::photo(12, 3, 150_001),
            Made::video(4, 9, 1_000_003),
            Made::video(4, 9, 0),
            Made::observations(5, 70_123),
            Made::archive(5, 1, 70_001),
            Made::archive(5, 1, 0),
        ]
    }

    #[test]
    fn every_part_is_the_part_of_the_whole() {
        for file in files() {
            let whole = file.read(0, usize::MAX);
            assert_eq!(whole.len() as u64, file.len(), "{file:?}");
            let mut rng = fastrand::Rng::with_seed(1);
            for _ in 0..20 {
                let at = rng.usize(..whole.len());
                let most = rng.usize(..70_000);
                let end = whole.len().min(at + most);
                assert_eq!(file.read(at as u64, most), whole[at..end], "{file:?} {at} {most}");
            }
            assert!(file.read(file.len(), 10).is_empty() && file.read(u64::MAX, 10).is_empty());
        }
    }

    #[test]
    fn files_differ_by_number_and_seed() {
        let read = |file: Made| (file.etag(), file.read(0, usize::MAX));
        let files = [
            read(Made::photo(1, 1, 60_000)),
            read(Made::photo(2, 1, 60_000)),
            read(Made::photo(1, 2, 60_000)),
            read(Made::video(1, 1, 60_000)),
        ];
        for (index, (etag, bytes)) in files.iter().enumerate() {
            for (other_etag, other) in &files[index + 1..] {
                assert!(etag != other_etag && bytes != other);
            }
        }
    }

    #[test]
    fn pictures_fit_into_the_smallest_files() {
        for seed in 0..100_u64 {
            let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let picture = jpeg::picture(8_888, seed, 3).len() as u64;
            assert!(picture + 1_000 < Made::LEAST_PHOTO, "{picture}");
            if seed.is_multiple_of(10) {
                let head = mp4::head(8_888, seed, 0).len() as u64;
                assert!(head + 1_000 < Made::LEAST_VIDEO, "{head}");
                let (head, tail) = archive::around(8_888, seed, 0);
                assert!((head.len() + tail.len()) as u64 <= Made::LEAST_ARCHIVE);
            }
        }
    }

    #[test]
    fn huge_files_cost_next_to_nothing() {
        const HUGE: u64 = 5 << 30;
        assert!(Made::photo(1, 1, HUGE).read(100, 8) != Made::photo(1, 1, HUGE).read(200, 8));
        for file in [Made::photo(1, 1, HUGE), Made::video(1, 1, HUGE), Made::observations(1, HUGE)]
        {
            assert_eq!(file.len(), HUGE);
            assert_eq!(file.read(HUGE - 3, 100).len(), 3);
            assert_eq!(file.read(HUGE / 2, 4096).len(), 4096);
        }
        let photo = Made::photo(1, 1, HUGE);
        assert_eq!(photo.read(HUGE - 2, 2), [0xff, 0xd9], "ends with the end of the picture");
    }
}
