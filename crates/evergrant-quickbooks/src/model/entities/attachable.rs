//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Attachable`: supporting, at `attachable`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `query`, `cdc`, `batch`.
    /// At least one of: `FileName`, `Note`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `FileAccessUri`,
    /// `TempDownloadUri`, `Size`, `ThumbnailFileAccessUri`, `ThumbnailTempDownloadUri`,
    /// `AttachableEx`.
    Attachable {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `AttachableRef`.
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `FileName`. Required to create under some condition. At most 1000 characters.
        file_name, set_file_name: String = "FileName";
        /// `FileAccessUri`. Set by the server alone.
        file_access_uri: String = "FileAccessUri";
        /// `TempDownloadUri`. Set by the server alone.
        temp_download_uri: String = "TempDownloadUri";
        /// `Size`. Set by the server alone.
        size: i64 = "Size";
        /// `ContentType`. At most 100 characters.
        content_type, set_content_type: String = "ContentType";
        /// `Category`. At most 100 characters.
        category, set_category: AttachableCategory = "Category";
        /// `Lat`. At most 100 characters.
        lat, set_lat: String = "Lat";
        /// `Long`. At most 100 characters.
        long, set_long: String = "Long";
        /// `PlaceName`. At most 2000 characters.
        place_name, set_place_name: String = "PlaceName";
        /// `Note`. Required to create under some condition. At most 2000 characters.
        note, set_note: String = "Note";
        /// `Tag`. At most 2000 characters.
        tag, set_tag: String = "Tag";
        /// `ThumbnailFileAccessUri`. Set by the server alone.
        thumbnail_file_access_uri: String = "ThumbnailFileAccessUri";
        /// `ThumbnailTempDownloadUri`. Set by the server alone.
        thumbnail_temp_download_uri: String = "ThumbnailTempDownloadUri";
        /// `AttachableEx`. Set by the server alone. *Schema only.*
        attachable_ex: Object = "AttachableEx";
        /// `documentId`. *Schema only.*
        document_id, set_document_id: String = "documentId";
    }
}
