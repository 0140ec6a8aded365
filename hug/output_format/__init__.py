"""Output formats: ``f(data, request=None, response=None)``, which carry their ``content_type``.

What they give is bytes or text; a file, or an iterable of pieces, to be streamed; or an awaitable of these.
"""

from typing import TYPE_CHECKING

from hug.lazy import lazily

if TYPE_CHECKING:
    from hug.json_module import convert as _json_converter
    from hug.json_module import register as json_convert
    from hug.output_format.choosing import accept, on_content_type, on_valid, prefix, suffix
    from hug.output_format.data import html, json, json_camelcase, json_lines, pretty_json, text
    from hug.output_format.files import file, image, video
    from hug.output_format.media import (
        avi_video,
        bmp_image,
        cur_image,
        dcx_image,
        eps_image,
        flc_image,
        fli_image,
        flv_video,
        gbr_image,
        gd_image,
        gif_image,
        icns_image,
        ico_image,
        im_image,
        imt_image,
        iptc_image,
        jpeg_image,
        jpg_image,
        m3u8_video,
        mcidas_image,
        mov_video,
        mp4_video,
        mpo_image,
        msp_image,
        naa_image,
        pcd_image,
        pcx_image,
        png_image,
        ppm_image,
        psd_image,
        sgi_image,
        spider_image,
        svg_image,
        svg_xml_image,
        tga_image,
        three_gp_video,
        tiff_image,
        ts_video,
        wal_image,
        webp_image,
        wmv_video,
        xbm_image,
        xpm_image,
    )

__all__ = [
    "_json_converter",
    "accept",
    "avi_video",
    "bmp_image",
    "cur_image",
    "dcx_image",
    "eps_image",
    "file",
    "flc_image",
    "fli_image",
    "flv_video",
    "gbr_image",
    "gd_image",
    "gif_image",
    "html",
    "icns_image",
    "ico_image",
    "im_image",
    "image",
    "imt_image",
    "iptc_image",
    "jpeg_image",
    "jpg_image",
    "json",
    "json_camelcase",
    "json_convert",
    "json_lines",
    "m3u8_video",
    "mcidas_image",
    "mov_video",
    "mp4_video",
    "mpo_image",
    "msp_image",
    "naa_image",
    "on_content_type",
    "on_valid",
    "pcd_image",
    "pcx_image",
    "png_image",
    "ppm_image",
    "prefix",
    "pretty_json",
    "psd_image",
    "sgi_image",
    "spider_image",
    "suffix",
    "svg_image",
    "svg_xml_image",
    "text",
    "tga_image",
    "three_gp_video",
    "tiff_image",
    "ts_video",
    "video",
    "wal_image",
    "webp_image",
    "wmv_video",
    "xbm_image",
    "xpm_image",
]

_FILES = ("file", "image", "video")
_CHOOSING = ("accept", "on_content_type", "on_valid", "prefix", "suffix")
_DATA = ("html", "json", "json_camelcase", "json_lines", "pretty_json", "text")

if not TYPE_CHECKING:  # to type checkers a name that is not there is a mistake
    __getattr__, __dir__ = lazily(
        __name__,
        {
            **dict.fromkeys(__all__, "hug.output_format.media"),
            **dict.fromkeys(_CHOOSING, "hug.output_format.choosing"),
            **dict.fromkeys(_DATA, "hug.output_format.data"),
            **dict.fromkeys(_FILES, "hug.output_format.files"),
            "_json_converter": "hug.json_module:convert",
            "json_convert": "hug.json_module:register",
        },
    )
