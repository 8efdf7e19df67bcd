"""The browser's files: right addresses, kept for good, and never quietly missing."""

import gzip
import re

import pytest
from flask import Flask

from app.config import ConfigError
from app.web import assets


@pytest.fixture
def site(tmp_path, monkeypatch):
    static = tmp_path / "static"
    vendor = static / "vendor"
    vendor.mkdir(parents=True)
    (static / "js" / "lib").mkdir(parents=True)
    (static / "js" / "wall.js").write_text('import "./lib/live.js";\n' * 100)
    (static / "js" / "lib" / "live.js").write_text("export {};\n")
    (vendor / "chart.0123456789.js").write_text("window.Chart = 1;")
    (vendor / "manifest.json").write_text(
        '{"files": {"chart.js": {"file": "chart.0123456789.js", "integrity": "sha384-abc"}}}'
    )
    monkeypatch.setattr(assets, "STATIC", static)
    monkeypatch.setattr(assets, "VENDOR", vendor)
    monkeypatch.setattr(assets, "COMPRESSED", static / "compressed")
    return static


def application():
    app = Flask("school")
    assets.init_app(app)
    return app, app.extensions["assets"], app.test_client()


def fetch(client, url, **headers):
    with client.get(url, headers=headers) as answer:
        answer.get_data()
    return answer


def test_a_library_has_its_address_and_its_hash(site):
    app, asset, client = application()
    assert str(asset("chart.js")) == asset("chart.js").url == "/static/vendor/chart.0123456789.js"
    assert asset("chart.js").integrity == "sha384-abc"
    answer = fetch(client, asset("chart.js").url)
    assert answer.text == "window.Chart = 1;"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    with app.app_context():
        assert app.jinja_env.from_string("{{ asset('chart.js') }}").render() == asset("chart.js").url


def test_our_modules_share_a_folder_so_that_relative_imports_work(site):
    _, asset, client = application()
    page = asset("js/wall.js").url
    assert re.fullmatch(r"/static/[0-9a-f]{10}/js/wall.js", page)
    imported = fetch(client, page.replace("wall.js", "lib/live.js"))
    assert imported.text == "export {};\n"
    assert "immutable" in imported.headers["Cache-Control"]
    assert imported.headers["Content-Type"].startswith("text/javascript")


def test_our_files_travel_compressed(site):
    _, asset, client = application()
    answer = fetch(client, asset("js/wall.js").url, accept_encoding="gzip")
    assert gzip.decompress(answer.data) == (site / "js" / "wall.js").read_bytes()


def test_a_change_in_any_of_our_files_changes_the_address(site):
    _, before, _ = application()
    (site / "js" / "lib" / "live.js").write_text("export const changed = true;\n")
    _, after, client = application()
    assert before("js/wall.js").url != after("js/wall.js").url
    assert "changed" in fetch(client, after("js/lib/live.js").url).text


def test_a_read_only_installation_serves_its_files_all_the_same(site, monkeypatch):
    def refuse(**_):
        raise PermissionError

    monkeypatch.setattr(assets.tempfile, "mkdtemp", refuse)
    _, asset, client = application()
    assert fetch(client, asset("js/lib/live.js").url).text == "export {};\n"


@pytest.mark.parametrize("name", ["js/missing.js", "chart", "vendor/manifest.json", "js/../../secret"])
def test_a_file_that_is_not_there_is_named(site, name):
    _, asset, _ = application()
    with pytest.raises(LookupError, match=re.escape(name)):
        asset(name)


@pytest.mark.parametrize("content", [None, "", "{", '{"files": []}'])
def test_without_the_libraries_the_start_is_refused_in_one_sentence(site, content):
    manifest = site / "vendor" / "manifest.json"
    manifest.unlink() if content is None else manifest.write_text(content)
    with pytest.raises(ConfigError, match=r"Run: python3 tools/dev\.py setup"):
        application()


def test_a_copy_that_another_process_is_writing_is_neither_listed_nor_taken_away(site):
    half = site / "compressed" / "new-of-another-process"
    half.mkdir(parents=True)
    (half / "gone.js").symlink_to(half / "nowhere.js")  # as a file that vanishes between listing and reading
    for number in range(5):
        (site / "js" / "wall.js").write_text(f"// {number}")
        application()
    assert half.is_dir()
    kept = [folder for folder in (site / "compressed").iterdir() if folder != half]
    assert len(kept) == 3, "older copies go"


def test_what_only_readers_need_stays_at_home(site):
    source = """/** Says what it is for. */
import "./lib/live.js";
/*
 * More of it.
 */
export const address = "http://school.example/*"; // beside the code
function twice(n) {
  // The reason.
  return n / 2 / 2; /* kept */
}
"""
    (site / "js" / "wall.js").write_text(source)
    (site / "css").mkdir()
    (site / "css" / "tile.css").write_text(
        "/* Tiles. */\n.tile {\n  color: var(--x); /* why */\n}\n\n.b::before { content: '/'; }\n"
    )
    _, asset, client = application()
    assert fetch(client, asset("js/wall.js").url).text == (
        'import "./lib/live.js";\nexport const address = "http://school.example/*"; // beside the code\n'
        "function twice(n) {\nreturn n / 2 / 2; /* kept */\n}\n"
    )
    assert (
        fetch(client, asset("css/tile.css").url).text.split()
        == ".tile { color: var(--x); } .b::before { content: '/'; }".split()
    )


def test_no_text_of_a_module_goes_over_several_lines():
    """Such a text would lose its indentation on the way."""
    for file in (assets.STATIC / "js").rglob("*.js"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert re.sub(r"\[[^\]]*`[^\]]*\]", "", line).count("`") % 2 == 0, f"{file.name}: {line}"


def test_the_styles_of_every_page_are_one_file_or_each_by_itself(site, monkeypatch):
    (site / "css").mkdir()
    for name in assets.SHELL:
        (site / "css" / f"{name}.css").write_text(f".{name} {{}}\n")
    _, asset, client = application()
    (only,) = asset.shell()
    assert fetch(client, only.url).text.split() == [word for name in assets.SHELL for word in (f".{name}", "{}")]
    (site / "js" / "other.js").write_text("")
    monkeypatch.setattr(assets.tempfile, "mkdtemp", lambda **_: (_ for _ in ()).throw(PermissionError))
    _, asset, client = application()
    assert [sheet.url.rsplit("/", 1)[1] for sheet in asset.shell()] == [f"{name}.css" for name in assets.SHELL]
    assert fetch(client, asset.shell()[0].url).text == ".tokens {}\n"
