//! The operations of FlightHub 2, answered by the world. Which one lives where.

use flighthub_api::v1::{
    AnnotationCreate, ControlHolders, Converter, ConverterCreate, ConverterDelete, ConverterList,
    ConverterSet, CreatedConverter, CreatedElement, CreatedModel, CreatedTask,
    DeviceAcquireControl, DeviceAlerts, DeviceCalibrateRtk, DeviceChangeCamera, DeviceChangeLens,
    DeviceCommand, DeviceHms, DevicePair, DeviceReleaseControl, DeviceSetStreamQuality,
    DeviceSnapshot, DeviceState, FlightTask, FlightTaskSummary, FlightTrack, LivePlayback,
    LivestreamStart, MapModel, MapModelDetail, MediaFile, ModelCreate, ModelGet, ModelList,
    OpenmodelDelete, OpenmodelDeleteResource, OpenmodelGet, OpenmodelGetResource,
    OpenmodelObtainToken, OpenmodelRunning, OpenmodelStart, OpenmodelStop, OpenmodelUploadCallback,
    Project, ProjectAddMembers, ProjectDevices, ProjectDevicesOfOrganization, ProjectList,
    ProjectStsToken, Reconstruction, RegisteredWayline, Resource, RtkCalibration, Service,
    StartedModels, StorageCredentials, SystemStatus, TaskCreate, TaskGet, TaskList, TaskMedia,
    TaskSetStatus, TaskTrack, UploadGrant, UploadReceipt, Wayline, WaylineDetail,
    WaylineFinishUpload, WaylineGet, WaylineList,
};
use flighthub_api::{Accepted, Listing};

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::world::{
    World, annotations, converters, fleet, live, modeling, models, projects, routes, tasks,
};

impl Service for World {
    type Context = Caller;
    type Refusal = Refusal;

    fn system_status(
        &mut self,
        context: &Caller,
        operation: SystemStatus,
    ) -> Result<Accepted, Refusal> {
        projects::status(self, context, operation)
    }

    fn project_list(
        &mut self,
        context: &Caller,
        operation: ProjectList,
    ) -> Result<Listing<Project>, Refusal> {
        projects::list(self, context, operation)
    }

    fn project_devices_of_organization(
        &mut self,
        context: &Caller,
        operation: ProjectDevicesOfOrganization,
    ) -> Result<Listing<DevicePair>, Refusal> {
        projects::devices_of_organization(self, context, operation)
    }

    fn project_devices(
        &mut self,
        context: &Caller,
        operation: ProjectDevices,
    ) -> Result<Listing<DevicePair>, Refusal> {
        projects::devices(self, context, operation)
    }

    fn project_sts_token(
        &mut self,
        context: &Caller,
        operation: ProjectStsToken,
    ) -> Result<StorageCredentials, Refusal> {
        projects::sts_token(self, context, operation)
    }

    fn project_add_members(
        &mut self,
        context: &Caller,
        operation: ProjectAddMembers,
    ) -> Result<Accepted, Refusal> {
        projects::add_members(self, context, operation)
    }

    fn device_state(
        &mut self,
        context: &Caller,
        operation: DeviceState,
    ) -> Result<DeviceSnapshot, Refusal> {
        fleet::state(self, context, operation)
    }

    fn device_hms(
        &mut self,
        context: &Caller,
        operation: DeviceHms,
    ) -> Result<Listing<DeviceAlerts>, Refusal> {
        fleet::hms(self, context, operation)
    }

    fn device_command(
        &mut self,
        context: &Caller,
        operation: DeviceCommand,
    ) -> Result<Accepted, Refusal> {
        fleet::command(self, context, operation)
    }

    fn device_change_camera(
        &mut self,
        context: &Caller,
        operation: DeviceChangeCamera,
    ) -> Result<Accepted, Refusal> {
        fleet::change_camera(self, context, operation)
    }

    fn device_change_lens(
        &mut self,
        context: &Caller,
        operation: DeviceChangeLens,
    ) -> Result<Accepted, Refusal> {
        fleet::change_lens(self, context, operation)
    }

    fn device_acquire_control(
        &mut self,
        context: &Caller,
        operation: DeviceAcquireControl,
    ) -> Result<ControlHolders, Refusal> {
        fleet::acquire_control(self, context, operation)
    }

    fn device_release_control(
        &mut self,
        context: &Caller,
        operation: DeviceReleaseControl,
    ) -> Result<ControlHolders, Refusal> {
        fleet::release_control(self, context, operation)
    }

    fn device_set_stream_quality(
        &mut self,
        context: &Caller,
        operation: DeviceSetStreamQuality,
    ) -> Result<Accepted, Refusal> {
        fleet::set_stream_quality(self, context, operation)
    }

    fn device_calibrate_rtk(
        &mut self,
        context: &Caller,
        operation: DeviceCalibrateRtk,
    ) -> Result<RtkCalibration, Refusal> {
        fleet::calibrate_rtk(self, context, operation)
    }

    fn livestream_start(
        &mut self,
        context: &Caller,
        operation: LivestreamStart,
    ) -> Result<LivePlayback, Refusal> {
        live::start(self, context, operation)
    }

    fn converter_create(
        &mut self,
        context: &Caller,
        operation: ConverterCreate,
    ) -> Result<CreatedConverter, Refusal> {
        converters::create(self, context, operation)
    }

    fn converter_list(
        &mut self,
        context: &Caller,
        operation: ConverterList,
    ) -> Result<Listing<Converter>, Refusal> {
        converters::list(self, context, operation)
    }

    fn converter_set(
        &mut self,
        context: &Caller,
        operation: ConverterSet,
    ) -> Result<Accepted, Refusal> {
        converters::set(self, context, operation)
    }

    fn converter_delete(
        &mut self,
        context: &Caller,
        operation: ConverterDelete,
    ) -> Result<Accepted, Refusal> {
        converters::delete(self, context, operation)
    }

    fn task_create(
        &mut self,
        context: &Caller,
        operation: TaskCreate,
    ) -> Result<CreatedTask, Refusal> {
        tasks::create(self, context, operation)
    }

    fn task_set_status(
        &mut self,
        context: &Caller,
        operation: TaskSetStatus,
    ) -> Result<Accepted, Refusal> {
        tasks::set_status(self, context, operation)
    }

    fn task_list(
        &mut self,
        context: &Caller,
        operation: TaskList,
    ) -> Result<Listing<FlightTaskSummary>, Refusal> {
        tasks::list(self, context, operation)
    }

    fn task_media(
        &mut self,
        context: &Caller,
        operation: TaskMedia,
    ) -> Result<Listing<MediaFile>, Refusal> {
        tasks::media(self, context, operation)
    }

    fn task_track(
        &mut self,
        context: &Caller,
        operation: TaskTrack,
    ) -> Result<FlightTrack, Refusal> {
        tasks::track(self, context, operation)
    }

    fn task_get(&mut self, context: &Caller, operation: TaskGet) -> Result<FlightTask, Refusal> {
        tasks::get(self, context, operation)
    }

    fn wayline_finish_upload(
        &mut self,
        context: &Caller,
        operation: WaylineFinishUpload,
    ) -> Result<RegisteredWayline, Refusal> {
        routes::finish_upload(self, context, operation)
    }

    fn wayline_list(
        &mut self,
        context: &Caller,
        operation: WaylineList,
    ) -> Result<Listing<Wayline>, Refusal> {
        routes::list(self, context, operation)
    }

    fn wayline_get(
        &mut self,
        context: &Caller,
        operation: WaylineGet,
    ) -> Result<WaylineDetail, Refusal> {
        routes::get(self, context, operation)
    }

    fn model_list(
        &mut self,
        context: &Caller,
        operation: ModelList,
    ) -> Result<Listing<MapModel>, Refusal> {
        models::list(self, context, operation)
    }

    fn model_get(
        &mut self,
        context: &Caller,
        operation: ModelGet,
    ) -> Result<MapModelDetail, Refusal> {
        models::get(self, context, operation)
    }

    fn model_create(
        &mut self,
        context: &Caller,
        operation: ModelCreate,
    ) -> Result<CreatedModel, Refusal> {
        models::create(self, context, operation)
    }

    fn annotation_create(
        &mut self,
        context: &Caller,
        operation: AnnotationCreate,
    ) -> Result<CreatedElement, Refusal> {
        annotations::create(self, context, operation)
    }

    fn openmodel_obtain_token(
        &mut self,
        context: &Caller,
        operation: OpenmodelObtainToken,
    ) -> Result<UploadGrant, Refusal> {
        modeling::obtain_token(self, context, operation)
    }

    fn openmodel_upload_callback(
        &mut self,
        context: &Caller,
        operation: OpenmodelUploadCallback,
    ) -> Result<UploadReceipt, Refusal> {
        modeling::upload_callback(self, context, operation)
    }

    fn openmodel_get_resource(
        &mut self,
        context: &Caller,
        operation: OpenmodelGetResource,
    ) -> Result<Resource, Refusal> {
        modeling::get_resource(self, context, operation)
    }

    fn openmodel_delete_resource(
        &mut self,
        context: &Caller,
        operation: OpenmodelDeleteResource,
    ) -> Result<Accepted, Refusal> {
        modeling::delete_resource(self, context, operation)
    }

    fn openmodel_start(
        &mut self,
        context: &Caller,
        operation: OpenmodelStart,
    ) -> Result<StartedModels, Refusal> {
        modeling::start(self, context, operation)
    }

    fn openmodel_stop(
        &mut self,
        context: &Caller,
        operation: OpenmodelStop,
    ) -> Result<Accepted, Refusal> {
        modeling::stop(self, context, operation)
    }

    fn openmodel_running(
        &mut self,
        context: &Caller,
        operation: OpenmodelRunning,
    ) -> Result<Listing<Reconstruction>, Refusal> {
        modeling::running(self, context, operation)
    }

    fn openmodel_get(
        &mut self,
        context: &Caller,
        operation: OpenmodelGet,
    ) -> Result<Reconstruction, Refusal> {
        modeling::get(self, context, operation)
    }

    fn openmodel_delete(
        &mut self,
        context: &Caller,
        operation: OpenmodelDelete,
    ) -> Result<Accepted, Refusal> {
        modeling::delete(self, context, operation)
    }
}
