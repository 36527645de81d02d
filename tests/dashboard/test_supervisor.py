"""The configuration that is written for supervisor, read by supervisor itself."""

from supervisor.options import ServerOptions

from dashboard.processes import supervisor


def test_a_data_folder_with_spaces_and_percent_signs_is_understood(tmp_path):
    folder = tmp_path / "a b %20 d" / "run"
    folder.mkdir(parents=True)
    config = folder / "supervisord.conf"
    programs = supervisor.list_programs()
    config.write_text(supervisor.render_configuration(folder, folder / "supervisor.sock", programs))
    options = ServerOptions()
    options.realize(["-c", str(config)])
    logs = {p.stdout_logfile for group in options.process_group_configs for p in group.process_configs}
    assert str(tmp_path / "a b %20 d" / "logs" / "web.log") in logs
