from headgate_runtime.statements import first_line_of, kind_of, split_statements


def test_semicolons_in_texts_names_and_comments_end_nothing() -> None:
    sql = "INSERT INTO a SELECT ';', `x;y` FROM b; -- one; two\n/* three; */"
    assert [statement.strip() for statement in split_statements(sql)] == [
        "INSERT INTO a SELECT ';', `x;y` FROM b"
    ]


def test_a_later_statement_keeps_its_lines() -> None:
    sql = "INSERT INTO a\nSELECT 1;\n\n-- the second\nINSERT INTO b\nSELECT wrong;\n"
    first, second = split_statements(sql)
    assert first_line_of(first) == 1
    assert first_line_of(second) == 5
    assert second.splitlines()[5] == "SELECT wrong"


def test_the_kind_is_read_past_comments() -> None:
    assert kind_of("-- why\n/* what */ insert\n into a SELECT 1") == "INSERT INTO"


def test_a_text_of_comments_holds_no_statement() -> None:
    assert split_statements("-- nothing\n;\n/* at all */ ;") == []
