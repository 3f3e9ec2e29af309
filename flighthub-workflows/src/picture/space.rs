//! Where there is room for labels.

use std::collections::HashSet;

use super::{Rect, Xy};

/// Side of the squares in which lines are remembered.
const CELL: f64 = 6.0;

/// A panel with what stands in it.
pub(super) struct Space {
    bounds: Rect,
    taken: Vec<Rect>,
    inked: HashSet<(i32, i32)>,
}

impl Space {
    pub(super) fn new(bounds: Rect) -> Self {
        Self { bounds, taken: Vec::new(), inked: HashSet::new() }
    }

    /// Nothing else may stand there.
    pub(super) fn take(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// A line is there. Labels rather stand beside it.
    pub(super) fn ink(&mut self, from: Xy, to: Xy) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (dx.abs().max(dy.abs()) / CELL).ceil().clamp(1.0, 10_000.0) as i32;
        for step in 0..=steps {
            let share = f64::from(step) / f64::from(steps);
            self.inked.insert(cell((from.0 + dx * share, from.1 + dy * share)));
        }
    }

    fn lines_in(&self, rect: Rect) -> usize {
        let (from, to) = (cell((rect.x, rect.y)), cell((rect.x + rect.w, rect.y + rect.h)));
        (from.0..=to.0)
            .flat_map(|x| (from.1..=to.1).map(move |y| (x, y)))
            .filter(|cell| self.inked.contains(cell))
            .count()
    }

    fn is_free(&self, rect: Rect) -> bool {
        self.bounds.holds(rect) && !self.taken.iter().any(|taken| taken.meets(rect))
    }

    /// Room for a label of a size beside a place, where the fewest lines are; `None` when all is taken.
    pub(super) fn beside(&mut self, at: Xy, size: Xy, gap: f64) -> Option<Rect> {
        let best = around(at, size, gap)
            .into_iter()
            .filter(|rect| self.is_free(*rect))
            .min_by_key(|rect| self.lines_in(*rect))?;
        self.take(best);
        Some(best)
    }

    /// The same, in any case inside the panel.
    pub(super) fn beside_anyway(&mut self, at: Xy, size: Xy, gap: f64) -> Rect {
        for further in [0.0, 14.0, 28.0] {
            if let Some(rect) = self.beside(at, size, gap + further) {
                return rect;
            }
        }
        let rect = Rect::new(at.0 + gap, at.1 - size.1 / 2.0, size.0, size.1);
        let rect = self.bounds.shifted_inside(rect);
        self.take(rect);
        rect
    }

    /// The corner for a plate of a size where the fewest lines are, in the order of preference.
    pub(super) fn corner(&mut self, size: Xy, gap: f64, corners: &[Corner]) -> Rect {
        let bounds = self.bounds;
        let rect = |corner: &Corner| {
            let left = bounds.x + gap;
            let right = bounds.x + bounds.w - gap - size.0;
            let top = bounds.y + gap;
            let bottom = bounds.y + bounds.h - gap - size.1;
            match corner {
                Corner::TopRight => Rect::new(right, top, size.0, size.1),
                Corner::BottomLeft => Rect::new(left, bottom, size.0, size.1),
                Corner::BottomRight => Rect::new(right, bottom, size.0, size.1),
                Corner::TopLeft => Rect::new(left, top, size.0, size.1),
            }
        };
        let free = corners.iter().map(rect).filter(|rect| self.is_free(*rect));
        let best = free.min_by_key(|rect| self.lines_in(*rect));
        let best = best.or_else(|| corners.first().map(rect)).unwrap_or(bounds);
        self.take(best);
        best
    }
}

/// A corner of a panel.
#[derive(Debug, Clone, Copy)]
pub(super) enum Corner {
    TopRight,
    BottomLeft,
    BottomRight,
    TopLeft,
}

fn cell(at: Xy) -> (i32, i32) {
    ((at.0 / CELL).floor() as i32, (at.1 / CELL).floor() as i32)
}

/// Right, left, above, below, and at the corners.
fn around(at: Xy, size: Xy, gap: f64) -> [Rect; 8] {
    let (w, h) = size;
    let near = gap * 0.75;
    let sides = [(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0)];
    let corners = [(1.0, -1.0), (1.0, 1.0), (-1.0, -1.0), (-1.0, 1.0)];
    let mut rects = [Rect::new(0.0, 0.0, w, h); 8];
    let middle = |from: f64, side: f64, half: f64, gap: f64| from + side * (half + gap) - half;
    for (rect, (x, y)) in rects.iter_mut().zip(sides.into_iter().chain(corners)) {
        let gap = if x != 0.0 && y != 0.0 { near } else { gap };
        rect.x = middle(at.0, x, w / 2.0, gap);
        rect.y = middle(at.1, y, h / 2.0, gap);
    }
    rects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_do_not_meet_and_stay_inside() {
        let mut space = Space::new(Rect::new(0.0, 0.0, 200.0, 100.0));
        let mut placed: Vec<Rect> = Vec::new();
        for _ in 0..9 {
            let Some(rect) = space.beside((100.0, 50.0), (40.0, 16.0), 8.0) else { break };
            assert!(placed.iter().all(|other| !other.meets(rect)));
            assert!(Rect::new(0.0, 0.0, 200.0, 100.0).holds(rect));
            placed.push(rect);
        }
        assert!(placed.len() >= 4);
        let forced = space.beside_anyway((199.0, 99.0), (40.0, 16.0), 8.0);
        assert!(Rect::new(0.0, 0.0, 200.0, 100.0).holds(forced));
    }

    #[test]
    fn labels_keep_off_lines() {
        let mut space = Space::new(Rect::new(0.0, 0.0, 200.0, 100.0));
        space.ink((100.0, 50.0), (200.0, 50.0));
        let rect = space.beside((100.0, 50.0), (40.0, 16.0), 8.0).unwrap();
        assert!(rect.x < 100.0);
    }
}
