from relmaps import ROOT
from relmaps.study.code import hash_code, import_closure


def names(script):
    return {str(path.relative_to(ROOT)) for path in import_closure(ROOT / script)}


def test_the_closure_follows_imports_of_imports():
    closure = names("workflow/scripts/simulate_scans.py")
    assert {
        "relmaps/__init__.py",
        "relmaps/simulation/simulate.py",
        "relmaps/simulation/deformation.py",
        "relmaps/io/images.py",
    } <= closure
    assert not any("classify" in name for name in closure)


def test_a_changed_function_changes_the_hash_of_just_the_scripts_that_use_it(tmp_path, monkeypatch):
    from relmaps.study import code

    package = tmp_path / "relmaps"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from relmaps import b\n")
    (package / "b.py").write_text("x = 1\n")
    (tmp_path / "uses.py").write_text("from relmaps.a import b\n")
    (tmp_path / "other.py").write_text("import relmaps\n")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    before = hash_code("uses.py"), hash_code("other.py")
    (package / "b.py").write_text("x = 2\n")
    after = hash_code("uses.py"), hash_code("other.py")
    assert before[0] != after[0]
    assert before[1] == after[1]
    (package / "b.yaml").write_text("data: of b\n")
    assert hash_code("uses.py") != after[0]
    assert hash_code("other.py") == after[1]


def test_a_package_that_imports_what_the_catalogue_names_depends_on_all_its_files():
    closure = names("workflow/scripts/explain_cnn.py")
    assert {"relmaps/catalogue/maps.py", "relmaps/relevance/methods/gradcam.py"} <= closure
