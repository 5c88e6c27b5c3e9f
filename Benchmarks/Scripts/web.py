"""A web server that answers at once, and wrk, which says how much of that anybody can get."""

import contextlib
import os
import re
import socket
import subprocess
import time

from common import free_port, running

NGINX = r"""
daemon off; master_process off; pid {work}/pid; error_log {work}/errors crit;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c;
  uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    {locations}
  }}
}}
"""

POST = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Idempotency-Key"] = "123456"
wrk.body = [[%s]]
"""


@contextlib.contextmanager
def nginx(work, answer, others={}):
    """Its port, while it runs. `others`: what it answers at some places."""
    port = free_port()
    locations = "\n    ".join(
        "location %s { return 200 '%s'; }" % (place, text.replace("\\", "\\\\"))
        for place, text in [("/", answer), *others.items()])
    (work / "nginx.conf").write_text(NGINX.format(work=work, port=port, locations=locations))
    environment = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin")
    command = ["nginx", "-p", work, "-c", work / "nginx.conf"]
    with running(command, env=environment, stderr=subprocess.DEVNULL):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port


def wrk(work, url, connections, posts=False, body='{"id":123456}'):
    """Requests a second."""
    command = ["wrk", "-t1", f"-c{connections}", "-d4s"]
    if posts:
        (work / "post.lua").write_text(POST % body)
        command += ["-s", work / "post.lua"]
    out = subprocess.run(command + [url], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
