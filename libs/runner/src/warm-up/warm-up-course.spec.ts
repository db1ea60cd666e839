import { expect, it } from 'vitest';
import { warmUpCourse } from './warm-up-course.ts';

const turns = (count: number, requests: number, durationMs = 25) =>
  Array.from({ length: count }, () => ({ requests, durationMs }));

it('is in replies per second where an instance is alone', () => {
  expect(warmUpCourse([[...turns(4, 5), ...turns(4, 10)]], undefined)).toEqual([
    { untilMs: 100, level: 200 },
    { untilMs: 200, level: 400 },
  ]);
});

it('is a share of the warm one, which a host that slows both down does not touch', () => {
  const fresh = [...turns(4, 5), ...turns(4, 10), ...turns(4, 5)];
  const warm = [...turns(4, 10), ...turns(4, 10), ...turns(4, 5)];
  expect(warmUpCourse([fresh], warm).map(({ level }) => level)).toEqual([0.5, 1, 1]);
});

it('knows turns of any length, and leaves out a last point that is not whole', () => {
  const course = warmUpCourse([[...turns(2, 16, 160), ...turns(1, 1, 20)]], turns(3, 8, 160));
  expect(course).toEqual([
    { untilMs: 160, level: 2 },
    { untilMs: 320, level: 2 },
  ]);
});

it('waits for a reply of the warm one', () => {
  const course = warmUpCourse([turns(8, 5)], [...turns(4, 0), ...turns(4, 5)]);
  expect(course).toEqual([{ untilMs: 125, level: 5 }]);
  expect(warmUpCourse([turns(8, 5)], turns(8, 0))).toEqual([]);
});

it('is the median of the instances, whose turns may differ in length', () => {
  const fresh = [turns(4, 5), turns(4, 6, 30), turns(4, 50)];
  expect(warmUpCourse(fresh, turns(4, 10))).toEqual([{ untilMs: (100 + 120 + 100) / 3, level: 0.5 }]);
});
