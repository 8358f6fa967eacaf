"""Tests of how routers become masks, without PyTorch."""

import unittest

import plan_of_routers


class MaskTests(unittest.TestCase):
    # Of four steps; those of routers 1 and 3 are never read.
    routers = [[4.0, 3.0, -1.0, 2.0], [-9.0] * 4, [-3.0, -4.0, 1.0, -2.0], [-9.0] * 4]

    def test_the_last_router_is_the_first_step(self):
        self.assertEqual(plan_of_routers.masks(self.routers, 0.5), (["CC", "RC", "CC", "CR"], ["CC", "RR", "CC", "CC"]))

    def test_shares_are_of_all_modules(self):
        for count in range(9):
            threshold = plan_of_routers.threshold_that_reuses(count / 16, self.routers)
            letters = "".join("".join(rows) for rows in plan_of_routers.masks(self.routers, threshold))
            self.assertEqual(letters.count("R"), count)

    def test_equal_routers_go_together(self):
        equal = [[0.0, 0.0, 0.0, 1.0], [0.0] * 4]
        for share, count in ((1 / 8, 0), (2 / 8, 3), (3 / 8, 3), (4 / 8, 4)):
            threshold = plan_of_routers.threshold_that_reuses(share, equal)
            letters = "".join("".join(rows) for rows in plan_of_routers.masks(equal, threshold))
            self.assertEqual(letters.count("R"), count)

    def test_more_than_every_second_step_is_refused(self):
        for share in (0.51, -0.1, float("nan")):
            with self.assertRaisesRegex(SystemExit, "expected 0 to 0.5"):
                plan_of_routers.threshold_that_reuses(share, self.routers)


if __name__ == "__main__":
    unittest.main()
