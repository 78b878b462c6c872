"""Canned things for a phone that has no camera, no microphone and goes nowhere: files, places, demo users."""

import struct
import zlib

from assistant.web.fake_wechat.records import Account, Template

# openid (28 characters, as real ones): name, phone number; the first three are demo members of the shop
DEMO_USERS = {
    "oZhike0LinXiaoyu000000000001": ("林晓雨", "13800010001"),
    "oZhike0ChenJianguo0000000002": ("陈建国", "13800010002"),
    "oZhike0WangSiqi0000000000003": ("王思琪", "13800010003"),
    "oZhike0Xinpengyou00000000004": ("新朋友", "13800010005"),  # follows nobody yet
}
DEMO_STORES = ("S001", "S005")
PLACES = (
    {"label": "上海徐家汇地铁站", "lat": 31.1945, "lng": 121.4367},
    {"label": "上海五角场万达广场", "lat": 31.2996, "lng": 121.5142},
    {"label": "上海外滩", "lat": 31.2397, "lng": 121.4905},
    {"label": "上海浦东机场2号航站楼", "lat": 31.1517, "lng": 121.8083},
    {"label": "南京新街口", "lat": 32.0420, "lng": 118.7840},
    {"label": "北京三里屯", "lat": 39.9366, "lng": 116.4550},
)
DEMO_ACCOUNT = Account(
    appid="wx00000000000f4ce1", secret="fake-wechat-secret", original_id="gh_zhike0000001", name="云上百货",
    token="fake-wechat-token", aes_key="ZmFrZS13ZWNoYXQtYWVzLWtleS1mb3ItemhpazIzNDU",
)  # fmt: skip
_PROGRESS = {"thing1": "服务事项", "phrase2": "当前进度", "time3": "更新时间"}
_VISIT = {"thing1": "预约项目", "time2": "到店时间", "thing3": "门店"}
DEMO_TEMPLATES = (
    Template("TPL_SERVICE_PROGRESS", "服务进度提醒", _PROGRESS),
    Template("SUB_SERVICE_PROGRESS", "服务进度通知", _PROGRESS, subscription=True),
    Template("SUB_VISIT_REMINDER", "到店预约提醒", _VISIT, subscription=True, one_time=False),
)


def png(colour: tuple[int, int, int] = (196, 74, 74), size: int = 96) -> bytes:
    """A square picture with a soft gradient."""
    rows = b"".join(
        b"\0" + b"".join(bytes(min(255, c + (x + y) // 3) for c in colour) for x in range(size)) for y in range(size)
    )
    header = struct.pack("!IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def amr(seconds: float = 2.0) -> bytes:
    """Silence as AMR-NB, 50 frames a second: the format in which WeChat hands over a voice."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds * 50)


def mp4() -> bytes:
    """The smallest thing that names itself an MP4."""
    return struct.pack("!I", 24) + b"ftypmp42" + bytes(4) + b"mp42isom"


def jpeg() -> bytes:
    """The beginning and the end of a JPEG: enough of a thumbnail."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
