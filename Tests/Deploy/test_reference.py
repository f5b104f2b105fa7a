"""The documentation's reference tables are the same as the code."""

import unittest

import reference


class ReferenceTest(unittest.TestCase):
    def test_the_tables_are_those_of_the_code(self):
        for page, tables in reference.TABLES.items():
            with self.subTest(page):
                self.assertEqual((reference.ROOT / page).read_text(), reference.filled(page, tables),
                                 "run `make reference`")


if __name__ == "__main__":
    unittest.main()
