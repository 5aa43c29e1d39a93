"""Talk to an API server over one kept connection: many times faster than a kubectl for each question."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

Body = dict[str, Any]


class Answer(NamedTuple):
    """What the server said."""

    status: int
    body: Any
    """The JSON that it sent; text where it is none."""
    warnings: list[str]

    @property
    def reason(self) -> str:
        """Why it refused, as one word; empty where it did not."""
        return str(self.body.get("reason", "")) if isinstance(self.body, dict) and self.status >= 400 else ""

    @property
    def message(self) -> str:
        """Why it refused, as a sentence."""
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)


class RefusedError(Exception):
    """The server refused what a test takes for granted."""


@dataclass(frozen=True)
class Resource:
    """Where the objects of a kind are reached."""

    root: str
    """``/api/v1`` or ``/apis/apps/v1``."""
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of one object, or of all of them where no name is given."""
        within = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{self.root}{within}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Api:
    """The API of one server; each thread has a connection of its own.

    :param port: where it listens, on 127.0.0.1.
    :param token: of a user who may do everything.
    :param certificate: the file with the certificate that the server shows.
    """

    def __init__(self, port: int, token: str, certificate: str) -> None:
        self._port = port
        self._token = token
        self._tls = ssl.create_default_context(cafile=certificate)
        self._kept = threading.local()
        self._resources: dict[tuple[str, str], Resource] = {}

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=timeout, context=self._tls)

    def _headers(self, content: str = "application/json") -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": content, "Accept": "application/json"}

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: str = "application/json",
        query: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Ask once, on the kept connection.

        :param method: ``GET``, ``POST``, ``PATCH``, ``DELETE``.
        :param path: such as ``/api/v1/namespaces``.
        :param body: is sent as JSON.
        :param content: what the body is.
        :param query: parameters.
        :param timeout: seconds.
        :raises OSError: the server cannot be reached.
        """
        target = path + (f"?{urlencode(query)}" if query else "")
        text = None if body is None else json.dumps(body).encode()
        connection: http.client.HTTPSConnection | None = getattr(self._kept, "connection", None)
        for kept in (True, False):
            if connection is None or not kept:
                connection = self._kept.connection = self._connect(timeout)
            try:
                connection.request(method, target, text, self._headers(content))
                response = connection.getresponse()
                data = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._kept.connection = None
                # A connection that the server has closed in the meantime is no failure; a fresh one that fails is.
                if not kept or not isinstance(error, (http.client.HTTPException, ConnectionError)):
                    raise
        warnings = response.headers.get_all("Warning", [])
        try:
            return Answer(response.status, json.loads(data), warnings)
        except ValueError:
            return Answer(response.status, data.decode("utf-8", "replace"), warnings)

    def take(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Ask what cannot be refused; the parameters are those of :meth:`ask`.

        :returns: the body of the answer.
        :raises RefusedError: it was.
        """
        answer = self.ask(method, path, body, **more)
        if answer.status >= 300:
            raise RefusedError(f"{method} {path}: {answer.status} {answer.message}")
        return answer.body

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """Where the objects of a kind are reached; None where the server does not serve it."""
        key = (api_version, kind)
        if key not in self._resources:
            root = f"/apis/{quote(api_version)}" if "/" in api_version else f"/api/{quote(api_version)}"
            answer = self.ask("GET", root)
            for found in answer.body.get("resources", ()) if answer.status == 200 else ():
                if "/" not in found["name"]:
                    self._resources[api_version, found["kind"]] = Resource(root, found["name"], found["namespaced"])
        return self._resources.get(key)

    def of(self, body: Body) -> Resource:
        """Where an object of a kind that the server serves is reached."""
        found = self.resource(body["apiVersion"], body["kind"])
        if found is None:
            raise RefusedError(f"{body['apiVersion']} {body['kind']} is not served")
        return found

    def create(self, body: Body) -> Body:
        """Create an object, and return what the server made of it."""
        metadata = body["metadata"]
        made: Body = self.take("POST", self.of(body).path(metadata.get("namespace", "")), body)
        return made

    def stored(self, body: Body) -> Body:
        """An object as the server has it."""
        metadata = body["metadata"]
        found: Body = self.take("GET", self.of(body).path(metadata.get("namespace", ""), metadata["name"]))
        return found

    def patch(self, body: Body, change: Body, *, status: bool = False) -> Body:
        """Change an object by a merge patch."""
        metadata = body["metadata"]
        path = self.of(body).path(metadata.get("namespace", ""), metadata["name"]) + ("/status" if status else "")
        made: Body = self.take("PATCH", path, change, content="application/merge-patch+json")
        return made

    def listed(self, api_version: str, kind: str, namespace: str = "", selector: str = "") -> list[Body]:
        """The objects of a kind.

        :param namespace: empty for those of every namespace.
        :param selector: a label selector.
        """
        resource = self.of({"apiVersion": api_version, "kind": kind})
        query = {"labelSelector": selector} if selector else None
        items: list[Body] = self.take("GET", resource.path(namespace), query=query)["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def watch(self, api_version: str, kind: str, namespace: str = "", *, seconds: float = 120) -> Watch:
        """Every object of a kind, then each change as it happens; see :class:`Watch`."""
        path = self.of({"apiVersion": api_version, "kind": kind}).path(namespace)
        return Watch(self._connect(seconds + 30), path, self._headers(), seconds)


class Watch:
    """A watch: first an ``ADDED`` for each object that there is, then every change as it happens, in order."""

    def __init__(
        self, connection: http.client.HTTPSConnection, path: str, headers: dict[str, str], seconds: float
    ) -> None:
        self._connection = connection
        query = urlencode({"watch": "true", "timeoutSeconds": int(seconds), "allowWatchBookmarks": "false"})
        connection.request("GET", f"{path}?{query}", headers=headers)
        self._response = connection.getresponse()
        if self._response.status != 200:
            raise RefusedError(f"watching {path}: {self._response.read().decode()}")

    def __iter__(self) -> Iterator[tuple[str, Body]]:
        while True:
            try:
                line = self._response.readline()
            except (OSError, ValueError, http.client.HTTPException, AttributeError):
                return  # closed by close()
            if not line:
                return
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise RefusedError(f"the watch broke off: {event['object'].get('message')}")
            yield event["type"], event["object"]

    def close(self) -> None:
        """End the watch, also while another thread waits for its next event."""
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
